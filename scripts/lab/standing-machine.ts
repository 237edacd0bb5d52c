import { withMachine } from './machine.ts'
import type { Machine, MachineSpec } from './machine.ts'

/** A machine that stays up between the tests of a file. */
export interface Standing {
  machine: Machine
  /** Ends it as a power cut would: nothing inside is asked. */
  cut(): Promise<void>
}

export async function standingMachine(spec: MachineSpec): Promise<Standing> {
  const up = Promise.withResolvers<Machine>()
  const left = Promise.withResolvers<void>()
  const gone = withMachine(spec, async (machine) => {
    up.resolve(machine)
    await left.promise
  })
  // Until it is up, what becomes of it is what becomes of this promise.
  gone.catch(up.reject)
  return {
    machine: await up.promise,
    cut: async () => {
      left.resolve()
      await gone
    },
  }
}
