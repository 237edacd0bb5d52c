import type { APIRoute } from 'astro'
import { readArchives } from '../archives.ts'
import { archiveSum } from '../published/archives.ts'
import { checksumLine } from '../published/checksum.ts'
import { checkedFilesOf } from '../published/files.ts'
import { tablesOf } from '../published/shell-files.ts'
import { readSiteData } from '../registry.ts'
import { script } from '../script.ts'

/** Everything that machines fetch, for `sha256sum -c` in a copy of the site. */
export const GET: APIRoute = async () => {
  const data = await readSiteData()
  const { entries, directives } = data
  const lines = entries.flatMap((entry) =>
    checkedFilesOf(entry, directives).map(({ path, text }) =>
      checksumLine(text, `${entry.id}/${path}`),
    ),
  )
  lines.push(checksumLine(script, 'fenced.sh'))
  lines.push(...tablesOf(data).map(({ path, text }) => checksumLine(text, path)))
  lines.push(...(await readArchives()).map((archive) => archiveSum(archive, archive.path)))
  return new Response(lines.toSorted(byPath).join(''), {
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  })
}

function byPath(a: string, b: string): number {
  return a.slice(66) < b.slice(66) ? -1 : 1
}
