import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from '../../site/e2e/chromium.ts'
import { dist } from '../../site/e2e/registry.ts'
import { exec } from '../lab/exec.ts'
import { siteHandler } from '../serve/handler.ts'
import type { Figure, Section } from './figure.ts'
import { medianOf } from './median.ts'

const paths = ['/', '/nginx/', '/score/']
const runs = 3

interface Report {
  categories: Record<string, { title: string; score: number | null }>
}

/** Lighthouse as it comes: a slow phone on a slow line. It is no dependency of ours: 186 MB that only this needs. */
export const benchLighthouse: Section = async (progress) => {
  if (!chromium || !existsSync(join(dist, 'index.html'))) {
    progress(`no Lighthouse: ${chromium ? 'run npm run build first' : 'there is no Chromium here'}`)
    return []
  }
  const place = mkdtempSync(join(tmpdir(), 'fenced-lighthouse-'))
  const server = createServer(siteHandler(dist)).listen(0)
  const { port } = server.address() as AddressInfo
  try {
    const npm = ['npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefix', place]
    if ((await exec([...npm, 'lighthouse@12'])).code !== 0) {
      progress('Lighthouse cannot be had here')
      return []
    }
    const figures: Figure[] = []
    for (const path of paths) {
      progress(`Lighthouse looks at ${path}, ${runs} times`)
      const reports: Report[] = []
      for (let run = 0; run < runs; run++) {
        reports.push(await reportOn(`http://localhost:${port}${path}`, place, chromium))
      }
      figures.push(...figuresOf(path, reports))
    }
    return figures
  } finally {
    server.close()
    server.closeAllConnections()
    rmSync(place, { recursive: true, force: true })
  }
}

async function reportOn(address: string, place: string, executable: string): Promise<Report> {
  const file = join(place, 'report.json')
  const options = ['--quiet', '--output=json', `--output-path=${file}`]
  const { code, stderr } = await exec(
    [
      join(place, 'node_modules/.bin/lighthouse'),
      ...[address, ...options, '--chrome-flags=--headless --no-sandbox --disable-gpu'],
    ],
    { env: { ...process.env, CHROME_PATH: executable } },
  )
  if (code !== 0) throw new Error(`Lighthouse: ${stderr}`)
  return JSON.parse(readFileSync(file, 'utf8')) as Report
}

/** Points that are missing, since a figure of ours is better the lower it is. */
function figuresOf(path: string, reports: Report[]): Figure[] {
  return Object.entries(reports[0]!.categories).map(([id, { title }]) => ({
    what: `Lighthouse, ${path}, ${title}, median of ${runs}, below 100`,
    value: medianOf(reports.map(({ categories }) => missing(categories[id]?.score))),
    unit: 'points',
    bar: 0,
  }))
}

function missing(score: number | null | undefined): number {
  return Math.round(100 - 100 * (score ?? 0))
}
