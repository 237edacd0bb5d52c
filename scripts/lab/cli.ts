import { parseArgs } from 'node:util'
import { runCommand, UsageError } from '../usage.ts'
import { flags } from './context.ts'
import type { Command } from './context.ts'
import { LabError } from './lab-error.ts'
import { ancestors } from './owner.ts'

const usage = `usage: npm run -s lab -- COMMAND ...
  shell SERVICE | --packages "A B" [--platform P] [--command SCRIPT]   a shell in a machine that is thrown away after
  probe SERVICE [--platform P] [--drop-in FILE] [--filter NAME]        one run of its probe.bats
  clean                                                                removes what the lab keeps under .cache`

const commands: Record<string, () => Promise<Command>> = {
  shell: async () => (await import('./shell.ts')).shell,
  probe: async () => (await import('./probe.ts')).probe,
  clean: async () => (await import('./clean.ts')).clean,
}

await runCommand(usage, async () => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: flags })
  const [name = '', ...services] = positionals
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) throw new UsageError(name ? `the lab has no command ${name}` : 'which command?')
  try {
    const progress = (line: string) => void process.stderr.write(`${line}\n`)
    return await (
      await command()
    )(services, values, { signal: interruption(), progress })
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    process.stderr.write(`lab: ${error.message}\n`)
    return 1
  }
})

/** Aborted by Ctrl-C and its like, and when npm is killed outright, which leaves its script running. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  const stop = () => controller.abort()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop)
  const above = ancestors()
  if (process.env['npm_lifecycle_event']) {
    setInterval(() => ancestors() !== above && stop(), 500).unref()
  }
  return controller.signal
}
