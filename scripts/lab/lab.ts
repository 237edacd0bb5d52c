import { withMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import type { Subject } from './subject.ts'
import { runTrial } from './trial.ts'
import type { Trial, TrialOptions } from './trial.ts'

export interface LabOptions {
  /** How many machines may run at a time. */
  jobs: number
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

/** A lab with so many machines at a time; what comes later waits. The first failure stops all of them. */
export function createLab({ jobs, signal, progress, onCount }: LabOptions): Lab {
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal])
  const waiting: (() => void)[] = []
  let free = jobs
  const count = { done: 0, planned: 0 }
  const take = async () => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }
  const give = () => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  const onMachine: Lab['onMachine'] = async (subject, use) => {
    onCount?.(count.done, ++count.planned)
    await take()
    try {
      stop.throwIfAborted()
      return await withMachine({ ...subject.machine, signal: stop, progress }, use)
    } catch (error) {
      failed.abort(error)
      throw error
    } finally {
      give()
      onCount?.(++count.done, count.planned)
    }
  }
  return {
    onMachine,
    trial: (subject, dropIns, options) =>
      onMachine(subject, (machine) => runTrial(machine, subject, dropIns, options)),
  }
}
