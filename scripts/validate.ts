import { parseArgs } from 'node:util'
import { knownId, profileIds, readRegistry } from './registry.ts'
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
  const { problems } = readRegistry(undefined, positionals)
  process.stdout.write(report(problems, values.format as Format))
  process.stderr.write(`${summary(problems, positionals.length || profileIds().length)}\n`)
  return problems.length > 0 ? 1 : 0
})
