import { linesToWrite, messagesFor, pathIn } from '../../../scripts/core/messages.ts'
import type { MessageGroup } from '../../../scripts/core/messages.ts'
import { fromTemplate } from '../rendering/template.ts'
import { count } from '../wording/text.ts'
import { createNearest } from './nearest.ts'
import { readLines } from './read-lines.ts'
import type { Line } from './read-lines.ts'

const form = document.querySelector<HTMLFormElement>('[data-journal-form]')!
const field = form.querySelector<HTMLTextAreaElement>('#journal')!
const found = form.querySelector<HTMLElement>('[data-found]')!
const hits = document.querySelector<HTMLElement>('[data-hits]')!
const start = found.textContent

/** The page is the data: what can be browsed is what is searched. */
const meanings = new Map(
  [...document.querySelectorAll<HTMLElement>('[data-meaning]')].map((place) => {
    const { meaning = '', seen = '', group = '' } = place.dataset
    return [meaning, { place, seen: seen.split('|'), group: group as MessageGroup }]
  }),
)
const kinds = Object.fromEntries(meanings)
const nearest = createNearest(
  [...document.querySelectorAll<HTMLElement>('[data-failure]')].map((place) => ({
    place,
    names: place.dataset['failure']!.split('|'),
    message: place.querySelector('[data-message]')!.textContent.trim(),
  })),
)
/** More would be a list to read again. */
const mostKinds = 4

function show() {
  const lines = readLines(field.value)
  const means = kindsOf(lines)
  const near = nearest(lines)
  hits.replaceChildren(...means.map(meaningArticle))
  if (near.length > 0) hits.append(nearArticle(near.map(({ recorded }) => recorded.place)))
  hits.hidden = means.length + near.length === 0
  found.textContent = summarise(lines, means.length, near.length)
}

/** Each kind of message once, with the first line that it is in; what stops a start comes first. */
function kindsOf(lines: Line[]) {
  const byKind = new Map<string, Line>()
  for (const line of lines)
    for (const id of messagesFor(line.text, kinds).slice(0, 2))
      if (!byKind.has(id) || (!pathIn(byKind.get(id)!.text) && pathIn(line.text)))
        byKind.set(id, line)
  const order = [...meanings.keys()]
  return [...byKind].toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b)).slice(0, mostKinds)
}

function meaningArticle([id, { text }]: [string, Line]): HTMLElement {
  const { place } = meanings.get(id)!
  const body = place.cloneNode(true) as HTMLElement
  delete body.dataset['meaning']
  body.querySelector('.example')?.remove()
  const title = place.closest('details')!.querySelector('h3')!.textContent
  const article = fromTemplate('means', { title, line: text, body })
  article.querySelector('a')!.href = `#${id}`
  writeLines(body, text)
  return article
}

function writeLines(body: HTMLElement, text: string) {
  const path = pathIn(text)
  for (const line of body.querySelectorAll<HTMLElement>('[data-line]')) {
    const [written] = linesToWrite([line.dataset['line']!], path)
    if (written !== undefined) line.textContent = written
  }
}

function nearArticle(places: HTMLElement[]): HTMLElement {
  const list = places.map((place) => {
    const item = place.cloneNode(true) as HTMLElement
    delete item.dataset['failure']
    return item
  })
  return fromTemplate('near', { list })
}

function summarise(lines: Line[], means: number, near: number): string {
  if (lines.length === 0) return start
  if (means + near === 0)
    return 'Nothing here sounds like that. Lines with the word “failed”, “denied” or “status=” tell most.'
  return `${count(lines.length, 'line')} read: ${count(means, 'kind')} of message, ${count(near, 'recorded failure')} near to them.`
}

/** A link to a message opens it. */
function openTarget() {
  const target = document.getElementById(location.hash.slice(1))
  if (target instanceof HTMLDetailsElement) target.open = true
}

field.addEventListener('input', show)
form.addEventListener('submit', (event) => event.preventDefault())
form.querySelector('[data-clear]')!.addEventListener('click', () => {
  field.value = ''
  show()
  field.focus()
})
addEventListener('hashchange', openTarget)
openTarget()
if (field.value) show()
