import { parseArgs } from 'node:util'
import { runCommand, UsageError } from '../usage.ts'
import { flags } from './context.ts'
import type { Command } from './context.ts'
import { LabError } from './lab-error.ts'
import { ancestors } from './owner.ts'
import { createProgress } from './progress.ts'

const usage = `usage: npm run -s lab -- COMMAND ...
  new SERVICE [--packages "A B"] [--unit U] [--jobs 2]                 drafts a profile and a probe; also npm run new
  measure SERVICE… | --all [--platform P] [--jobs 2]                   everything about a service; writes measured.yaml
  tighten SERVICE [--platform P] [--jobs 2] [--write]                  drafts the tightest profile that its probe allows
  check SERVICE --drop-in FILE [--platform P] [--jobs 2]               is somebody else's drop-in safe for this service?
  merge SERVICE FILE…                                                  takes in a measured.yaml that was made elsewhere
  shell SERVICE | --packages "A B" [--platform P] [--command SCRIPT]   a shell in a machine that is thrown away after
  probe SERVICE [--platform P] [--drop-in FILE] [--filter NAME]        one run of its probe.bats
  score-check [--platform P] [--cases N] [--seed S] [--units DIR]      holds the scorer against each platform's systemd
  clean                                                                removes what the lab keeps under .cache`

const commands: Record<string, () => Promise<Command>> = {
  new: async () => (await import('./new.ts')).newProfile,
  measure: async () => (await import('./measure.ts')).measure,
  tighten: async () => (await import('./tighten.ts')).tighten,
  check: async () => (await import('./check.ts')).check,
  merge: async () => (await import('./merge.ts')).merge,
  shell: async () => (await import('./shell.ts')).shell,
  probe: async () => (await import('./probe.ts')).probe,
  'score-check': async () => (await import('./score-check.ts')).scoreCheck,
  clean: async () => (await import('./clean.ts')).clean,
}

await runCommand(usage, async () => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: flags })
  const [name = '', ...services] = positionals
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) throw new UsageError(name ? `the lab has no command ${name}` : 'which command?')
  const progress = createProgress(process.stderr)
  try {
    const { say, track } = progress
    const run = await command()
    return await run(services, values, { signal: interruption(), progress: say, track })
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    progress.say(`lab: ${error.message}`)
    return 1
  } finally {
    progress.close()
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
