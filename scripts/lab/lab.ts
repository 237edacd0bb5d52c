import { withMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import type { Pool } from './pool.ts'
import type { Subject } from './subject.ts'
import { runTrial } from './trial.ts'
import type { Trial, TrialOptions } from './trial.ts'

export interface LabOptions {
  /** Says how many machines may run at a time, those of other labs that share it among them. */
  pool: Pool
  signal: AbortSignal
  progress: (line: string) => void
  /** Told when a machine's work is asked for or over: how many are over, and how many were asked for. */
  onCount?: (done: number, planned: number) => void
}

/** Where experiments are made: each has a machine of its own, so that none finds what another left. */
export interface Lab {
  onMachine<T>(subject: Subject, use: (machine: Machine) => Promise<T>): Promise<T>
  trial(subject: Subject, dropIns: Record<string, string>, options?: TrialOptions): Promise<Trial>
}

/** A lab whose first failure stops all of its machines. */
export function createLab({ pool, signal, progress, onCount }: LabOptions): Lab {
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal])
  const count = { done: 0, planned: 0 }
  const onMachine: Lab['onMachine'] = async (subject, use) => {
    onCount?.(count.done, ++count.planned)
    try {
      return await pool.run(() => {
        stop.throwIfAborted()
        return withMachine({ ...subject.machine, signal: stop, progress }, use)
      })
    } catch (error) {
      failed.abort(error)
      throw error
    } finally {
      onCount?.(++count.done, count.planned)
    }
  }
  return {
    onMachine,
    trial: (subject, dropIns, options) =>
      onMachine(subject, (machine) => runTrial(machine, subject, dropIns, options)),
  }
}
