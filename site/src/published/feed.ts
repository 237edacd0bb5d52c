import type { Change } from '../../../scripts/core/changelog/parse.ts'
import { origin } from '../../../scripts/core/site.ts'
import { escapeXml } from './xml.ts'

interface Feed {
  title: string
  /** Where the feed itself is, from the root. */
  path: string
  /** The page that it belongs to. */
  page: string
  changes: Change[]
  /** What people call each service; a former one keeps its id. */
  names: Record<string, string>
  /** Where a service's page is by now. */
  renamed: Record<string, string>
}

/** Before there was any change; a feed has to say a day. */
const epoch = '2026-11-24'

/** An Atom feed of changes, newest first. The same changelog gives the same bytes. */
export function atomFeed({ title, path, page, changes, names, renamed }: Feed): string {
  const ids = idsOf(changes)
  const entries = changes.map((change, index) => {
    const { date, service, kind, what, why } = change
    // With a dot it is no profile but a file, which has no page.
    const id = renamed[service] ?? service
    const head = `${names[id] ?? service} ${kind}: ${plain(what)}`
    return `  <entry>
    <id>${ids[index]}</id>
    <title>${escapeXml(head)}</title>
    <updated>${moment(date)}</updated>
    <link rel="alternate" href="${origin}/${id}${id.includes('.') ? '' : '/'}"/>
    <category term="${kind}"/>
    <summary>${escapeXml(`${head}, because ${plain(why)}.`)}</summary>
  </entry>
`
  })
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <id>${origin}${path}</id>
  <title>${escapeXml(title)}</title>
  <updated>${moment(changes[0]?.date ?? epoch)}</updated>
  <author><name>Fenced</name></author>
  <link rel="self" type="application/atom+xml" href="${origin}${path}"/>
  <link rel="alternate" type="text/html" href="${origin}${page}"/>
${entries.join('')}</feed>
`
}

/** An id that stays: several of a kind on one day are counted from the bottom, so that one more on top moves none. */
function idsOf(changes: Change[]): string[] {
  const seen = new Map<string, number>()
  return changes
    .toReversed()
    .map(({ date, service, kind }) => {
      const key = `${origin}/${service}/#${date}-${kind}`
      const count = (seen.get(key) ?? 0) + 1
      seen.set(key, count)
      return count === 1 ? key : `${key}-${count}`
    })
    .toReversed()
}

function moment(date: string): string {
  return `${date}T00:00:00Z`
}

/** Feed readers show text as it is: marks of code would only be in the way. */
function plain(text: string): string {
  return text.replaceAll('`', '')
}
