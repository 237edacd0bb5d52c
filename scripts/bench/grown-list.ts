import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dist } from '../../site/e2e/registry.ts'
import { madeUp } from '../../site/e2e/synthetic.ts'

type Service = ReturnType<typeof madeUp>[number]

/**
 * The built site with its list grown to so many made-up services, in a directory of its own: the first row of the page
 * that has figures is the mould of all. Building thousands of profiles takes minutes, and the list is all that counts here.
 */
export function grownList(count: number): string {
  const html = readFileSync(join(dist, 'index.html'), 'utf8')
  const start = html.indexOf('<li data-id=')
  const end = html.indexOf('</ul>', start)
  const rows = html.slice(start, end).split(/(?=<li data-id=)/)
  const mould = rows.find((row) => row.includes('data-after='))
  if (start < 0 || !mould)
    throw new Error('the built home page has no row with figures; build the site')
  const grown = madeUp(count).map((service) => rowOf(mould, service))
  const site = mkdtempSync(join(tmpdir(), 'fenced-list-'))
  for (const name of ['assets', 'favicon.svg', '_headers', '_redirects', '404.html']) {
    symlinkSync(join(dist, name), join(site, name))
  }
  writeFileSync(join(site, 'index.html'), html.slice(0, start) + grown.join('') + html.slice(end))
  return site
}

// Made-up words are letters and digits alone, so nothing needs escaping.
function rowOf(mould: string, { id, name, summary, category, keywords, before, after }: Service) {
  const facts = {
    id,
    units: `${id}.service`,
    keywords: keywords.join('|'),
    category,
    before: (before / 10).toFixed(1),
    after: (after / 10).toFixed(1),
  }
  const texts = { name, summary, category }
  let row = mould.replace(/href="[^"]*"/, `href="/${id}/"`)
  for (const [key, value] of Object.entries(facts)) {
    row = row.replace(new RegExp(`data-${key}="[^"]*"`), `data-${key}="${value}"`)
  }
  for (const [key, value] of Object.entries(texts)) {
    row = row.replace(new RegExp(`( data-${key}(?: [^>]*)?>)[^<]*`), `$1${value}`)
  }
  return row
}
