import type { APIRoute } from 'astro'
import { checksumLine, dropInsOf } from '../published/files.ts'
import { readSiteData } from '../registry.ts'

/** Every drop-in, for `sha256sum -c` in a copy of the site. */
export const GET: APIRoute = async () => {
  const { entries, directives } = await readSiteData()
  const lines = entries.flatMap((entry) =>
    dropInsOf(entry, directives).map(({ path, text }) => checksumLine(text, `${entry.id}/${path}`)),
  )
  return new Response(lines.toSorted(byPath).join(''), {
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  })
}

function byPath(a: string, b: string): number {
  return a.slice(66) < b.slice(66) ? -1 : 1
}
