import type { Problem } from '../problem.ts'
import { hidden } from '../yaml/document.ts'
import { nearest } from '../yaml/nearest.ts'

export const kinds = ['added', 'tightened', 'loosened', 'fixed', 'removed'] as const
export type Kind = (typeof kinds)[number]

/** One change of one profile, as a user of its drop-in reads it. */
export interface Change {
  /** As 2026-11-24. */
  date: string
  /** The profile's id. */
  service: string
  kind: Kind
  /** What is different. */
  what: string
  /** Why, without the word because. */
  why: string
}

interface Item {
  line: number
  text: string
}

const entryForm = '- **nginx** tightened: what is different, because why it is'

/** CHANGELOG.md to its changes, newest first, or to what is wrong with it. `ids` are the services that there are. */
export function parseChangelog(
  path: string,
  text: string,
  ids: string[],
): { changes: Change[]; problems: Problem[] } {
  const changes: Change[] = []
  const problems: Problem[] = []
  const say = (line: number, col: number, message: string, fix: string) =>
    problems.push({ path, line, col, message, fix, rule: 'changelog' })
  const dates: string[] = []
  for (const { line, text: item } of itemsOf(text)) {
    const invisible = hidden.exec(item)
    if (invisible) say(line, invisible.index + 1, 'an invisible character', 'delete it')
    else if (/^#{2,} /.test(item)) {
      const date = item.replace(/^#+ /, '').trim()
      const last = dates.at(-1)
      if (!item.startsWith('## ') || !isDate(date)) {
        say(line, 1, `"${date}" is no day`, 'write the day of the changes, as ## 2026-11-24')
      } else if (last !== undefined && date >= last) {
        const message = date === last ? `${date} stands here twice` : `${date} comes after ${last}`
        say(line, 4, message, 'put the newest day first, each once')
      } else dates.push(date)
    } else if (dates.length === 0) {
      if (item.startsWith('- '))
        say(line, 1, 'a change without a day', 'put it below ## 2026-11-24')
    } else {
      const change = readChange(item, ids, (col, message, fix) => say(line, col, message, fix))
      if (change) changes.push({ date: dates.at(-1)!, ...change })
    }
  }
  return { changes, problems }
}

/** Headings and list items, each on one line: what is indented goes on with the item above. */
function itemsOf(text: string): Item[] {
  const items: Item[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const last = items.at(-1)
    if (/^ {2}\S/.test(line) && last?.text.startsWith('- ')) last.text += ` ${line.trim()}`
    else if (line.trim() !== '') items.push({ line: index + 1, text: line.trimEnd() })
  }
  return items
}

function readChange(
  item: string,
  ids: string[],
  say: (col: number, message: string, fix: string) => void,
): Omit<Change, 'date'> | undefined {
  const found = /^- \*\*([^*]+)\*\* ([^:\s]+): (.+)$/.exec(item)
  if (!found) {
    say(1, 'this is no change of a profile', `write it as ${entryForm}`)
    return undefined
  }
  const [, service = '', kind = '', rest = ''] = found
  const kindAt = `- **${service}** `.length + 1
  if (!ids.includes(service)) {
    const meant = nearest(service, ids)
    say(
      5,
      `there is no profile ${service}`,
      meant ? `did you mean ${meant}?` : 'name one by its id',
    )
    return undefined
  }
  if (!isKind(kind)) {
    const meant = nearest(kind, [...kinds])
    const fix = meant ? `did you mean ${meant}?` : `write one of ${kinds.join(', ')}`
    say(kindAt, `${kind} is no kind of change`, fix)
    return undefined
  }
  const at = rest.search(/,? because /)
  if (at < 1) {
    say(kindAt, 'the change gives no reason', `go on with because, as in ${entryForm}`)
    return undefined
  }
  const why = rest.slice(at).replace(/^,? because /, '')
  return { service, kind, what: rest.slice(0, at), why: why.replace(/\.$/, '') }
}

function isKind(word: string): word is Kind {
  return (kinds as readonly string[]).includes(word)
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const [year, month, day] = text.split('-').map(Number)
  const date = new Date(Date.UTC(year!, month! - 1, day))
  return date.toISOString().startsWith(text)
}
