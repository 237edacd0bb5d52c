import { interact } from './exec.ts'
import { withMachine } from './machine.ts'
import { machineSpec } from './service.ts'
import type { Context, Flags } from './context.ts'

/** A terminal in a machine with the service installed, or one script with its output. */
export async function shell(services: string[], flags: Flags, context: Context): Promise<number> {
  const { spec } = machineSpec(services, flags, context)
  return withMachine(spec, async (machine) => {
    if (flags.command === undefined) {
      context.progress(`${spec.platform.label}; everything in here is gone when you leave`)
      return interact([...machine.enter, 'script', '-q', '-c', 'bash -l', '/dev/null'])
    }
    const { code, stdout, stderr, timedOut } = await machine.run(flags.command, { seconds: 600 })
    process.stdout.write(stdout)
    process.stderr.write(stderr)
    if (timedOut)
      context.progress('lab: not done within 600 s; everything that it started is killed')
    return code === 0 ? 0 : 1
  })
}
