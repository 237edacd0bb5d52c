import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readDrafts } from './drafts.ts'
import { staleTable } from './readme.ts'
import { allIds, knownId, profileIds, projectRoot, readRegistry } from './registry.ts'
import { formats, report, summary } from './report.ts'
import type { Format } from './report.ts'
import { runCommand, UsageError } from './usage.ts'

const usage = `usage: npm run validate [-- SERVICE…] [--format ${formats.join('|')}]`

await runCommand(usage, () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { format: { type: 'string', default: 'text' } },
  })
  if (!formats.includes(values.format as Format)) {
    throw new UsageError(`there is no format ${values.format}`)
  }
  for (const id of positionals) knownId(id)
  const registry = readRegistry(undefined, positionals)
  const { problems } = registry
  const { drafts } = readDrafts(projectRoot, allIds())
  if (positionals.length === 0) {
    const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8')
    problems.push(...staleTable(readme, registry))
  }
  process.stdout.write(report(problems, values.format as Format))
  process.stderr.write(`${summary(problems, positionals.length || profileIds().length)}\n`)
  for (const id of positionals) {
    if (problems.length > 0 || !Object.hasOwn(drafts, id)) continue
    process.stderr.write(
      `next: ${id} is proven; take its line out of profiles/drafts.yaml, and run npm run fix\n`,
    )
  }
  return problems.length > 0 ? 1 : 0
})
