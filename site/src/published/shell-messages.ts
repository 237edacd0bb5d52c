import type { Message } from '../../../scripts/core/messages.ts'

const head = `# fenced 1: what the journal says of a sandbox that is too tight. A pattern for awk in lower case, a tab, the directives that
# may have caused it.
`

/** messages.tsv: what fenced.sh looks for in the journal; what tells of a start comes first. */
export function shellMessages(messages: Record<string, Message>): string {
  const all = Object.values(messages).filter(({ directives }) => directives.length > 0)
  const start = all.filter(({ group }) => group === 'start')
  const rows = [...start, ...all.filter(({ group }) => group !== 'start')].flatMap(
    ({ seen, directives }) => seen.map((text) => `${patternOf(text)}\t${directives.join(' ')}\n`),
  )
  return head + rows.join('')
}

/** Any text in between where … stands; everything else as it is. */
function patternOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[\\^$.|?*+()[\]{}]/g, '[$&]')
    .replaceAll('[\\]', '\\\\')
    .replaceAll('[^]', '\\^')
    .replaceAll('…', '.*')
}
