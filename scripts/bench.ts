import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Section } from './bench/figure.ts'
import { benchTable, isAbove } from './bench/table.ts'
import { replaceFile } from './lab/cache.ts'
import { projectRoot } from './registry.ts'
import { runCommand, UsageError } from './usage.ts'

/** Each in a file of its own under bench/. */
const sections: Record<string, () => Promise<Section>> = {
  exposure: async () => (await import('./bench/exposure.ts')).benchExposure,
  systemd: async () => (await import('./bench/systemd.ts')).benchSystemd,
  score: async () => (await import('./bench/score.ts')).benchScore,
  validate: async () => (await import('./bench/validate.ts')).benchValidate,
  build: async () => (await import('./bench/build.ts')).benchBuild,
  pages: async () => (await import('./bench/pages.ts')).benchPages,
  search: async () => (await import('./bench/search.ts')).benchSearch,
  lighthouse: async () => (await import('./bench/lighthouse.ts')).benchLighthouse,
}

const usage = `usage: npm run bench [-- SECTION...] [--json PATH]
SECTION is one of ${Object.keys(sections).join(', ')}; without it, all are measured. Exits 1 where a figure is above its bar.`

await runCommand(usage, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'string', default: join(projectRoot, '.cache/bench.json') } },
  })
  const odd = positionals.find((name) => !Object.hasOwn(sections, name))
  if (odd !== undefined) throw new UsageError(`there is no section ${odd}`)
  const progress = (line: string) => void process.stderr.write(`${line}\n`)
  const results = []
  for (const name of positionals.length > 0 ? positionals : Object.keys(sections)) {
    progress(`measuring ${name}`)
    const measure = await sections[name]!()
    results.push({ section: name, figures: await measure(progress) })
  }
  const figures = results.flatMap((result) => result.figures)
  process.stdout.write(benchTable(figures))
  mkdirSync(dirname(values.json), { recursive: true })
  replaceFile(
    values.json,
    `${JSON.stringify({ node: process.version, sections: results }, null, 2)}\n`,
  )
  return figures.some(isAbove) ? 1 : 0
})
