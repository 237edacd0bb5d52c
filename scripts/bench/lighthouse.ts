import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { chromium } from '../../site/e2e/chromium.ts'
import { dist } from '../../site/e2e/registry.ts'
import { exec } from '../lab/exec.ts'
import { siteHandler } from '../serve/handler.ts'
import { withBorrowed } from './borrowed.ts'
import type { Figure, Section } from './figure.ts'
import { medianOf } from './median.ts'

const paths = ['/', '/nginx/', '/score/']
const runs = 3

interface Report {
  categories: Record<string, { title: string; score: number | null }>
}

/** Lighthouse as it comes: a slow phone on a slow line. It is no dependency of ours: 186 MB that only this needs. */
export const benchLighthouse: Section = async (progress) => {
  const executable = chromium
  if (!executable || !existsSync(join(dist, 'index.html'))) {
    progress(
      `no Lighthouse: ${executable ? 'run npm run build first' : 'there is no Chromium here'}`,
    )
    return []
  }
  const server = createServer(siteHandler(dist)).listen(0)
  const { port } = server.address() as AddressInfo
  try {
    const figures = await withBorrowed('lighthouse@12', async (programs) => {
      const found: Figure[] = []
      for (const path of paths) {
        progress(`Lighthouse looks at ${path}, ${runs} times`)
        const reports: Report[] = []
        for (let run = 0; run < runs; run++) {
          const report = await reportOn(`http://localhost:${port}${path}`, programs, executable)
          if (typeof report === 'string') progress(`Lighthouse fails at ${path}: ${report}`)
          else reports.push(report)
        }
        found.push(...figuresOf(path, reports))
      }
      return found
    })
    if (!figures) progress('Lighthouse cannot be had here')
    return figures ?? []
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

/** The report, or what Lighthouse says instead of one. */
async function reportOn(address: string, programs: string, executable: string) {
  const { code, stdout, stderr } = await exec(
    [
      join(programs, 'lighthouse'),
      ...[address, '--quiet', '--output=json', '--output-path=stdout'],
      '--chrome-flags=--headless --no-sandbox --disable-gpu',
    ],
    { env: { ...process.env, CHROME_PATH: executable } },
  )
  return code === 0 ? (JSON.parse(stdout) as Report) : stderr.trim()
}

/** Points that are missing, since a figure of ours is better the lower it is. */
function figuresOf(path: string, reports: Report[]): Figure[] {
  return Object.entries(reports[0]?.categories ?? {}).map(([id, { title }]) => ({
    what: `Lighthouse, ${path}, ${title}, median of ${reports.length}, below 100`,
    value: medianOf(reports.map(({ categories }) => missing(categories[id]?.score))),
    unit: 'points',
    bar: 0,
  }))
}

function missing(score: number | null | undefined): number {
  return Math.round(100 - 100 * (score ?? 0))
}
