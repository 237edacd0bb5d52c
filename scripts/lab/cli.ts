import { parseArgs } from 'node:util'
import { runCommand, UsageError } from '../usage.ts'
import { LabError } from './lab-error.ts'
import { ancestors } from './owner.ts'

const usage = `usage: npm run -s lab -- COMMAND ...
  shell SERVICE | --packages "A B" [--platform P] [--command SCRIPT]   a shell in a machine that is thrown away after
  probe SERVICE [--platform P] [--drop-in FILE] [--filter NAME]        one run of its probe.bats
  clean                                                                removes what the lab keeps under .cache`

await runCommand(usage, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      platform: { type: 'string' },
      packages: { type: 'string' },
      command: { type: 'string' },
      'drop-in': { type: 'string' },
      filter: { type: 'string' },
    },
  })
  const [command, ...services] = positionals
  const interrupted = new AbortController()
  const stop = () => interrupted.abort()
  // npm that is killed outright leaves its script running; the lab does not outlive it.
  const above = ancestors()
  const orphaned = () => ancestors() !== above && stop()
  if (process.env['npm_lifecycle_event']) setInterval(orphaned, 500).unref()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop)
  const context = {
    signal: interrupted.signal,
    progress: (line: string) => void process.stderr.write(`${line}\n`),
  }
  try {
    if (command === 'shell')
      return await (await import('./shell.ts')).shell(services, values, context)
    if (command === 'probe')
      return await (await import('./probe.ts')).probe(services, values, context)
    if (command === 'clean') return await (await import('./clean.ts')).clean(context)
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    process.stderr.write(`lab: ${error.message}\n`)
    return 1
  }
  throw new UsageError(command ? `the lab has no command ${command}` : 'which command?')
})
