import { join } from 'node:path'
import type { Experiment } from '../core/measured/types.ts'
import { grantProofs } from '../core/measured/grant-proofs.ts'
import { probeText } from '../core/measured/probe-text.ts'
import { formatProblem } from '../core/problem.ts'
import { digest } from '../digest.ts'
import { knownId, allIds, projectRoot, readProbe, readRegistry } from '../registry.ts'
import type { Entry } from '../registry.ts'
import { UsageError } from '../usage.ts'
import { cacheDir } from './cache.ts'
import type { Context, Flags } from './context.ts'
import { readJobs } from './jobs.ts'
import { createLab } from './lab.ts'
import { LabError } from './lab-error.ts'
import { withLock } from './lock.ts'
import { isFresh } from './fresh.ts'
import { measureService } from './measurement.ts'
import type { Measurement } from './measurement.ts'
import { findPlatform, readPlatforms } from './platforms.ts'
import type { Platform } from './platforms.ts'
import { createPool } from './pool.ts'
import type { Pool } from './pool.ts'
import { readRecord, recordRun } from './record.ts'
import { requireHost } from './require-host.ts'
import { measureTable } from './measure-table.ts'
import { subjectOf } from './subject.ts'
import type { Subject } from './subject.ts'

/** One service on one platform. */
interface Task {
  entry: Entry
  subject: Subject
  /** On the first platform that has the service every experiment is made. */
  isFirst: boolean
}

/** Measures services on every platform, or on one, and writes profiles/ID/measured.yaml after each run. */
export async function measure(services: string[], flags: Flags, context: Context): Promise<number> {
  requireHost()
  const jobs = readJobs(flags.jobs)
  const todo = readTasks(services, flags)
  const pool = createPool(jobs)
  const runs: { task: Task; measurement?: Measurement; error?: string }[] = []
  const runOne = async (task: Task) => {
    const { id, platform } = task.subject
    try {
      const measurement = await runTask(task, pool, context)
      runs.push({ task, measurement })
      report(`${id} on ${platform.id}`, measurement, context)
    } catch (error) {
      if (!(error instanceof LabError)) throw error
      context.progress(`lab: ${id} on ${platform.id}: ${error.message}`)
      runs.push({ task, error: error.message })
    }
  }
  // As many services as machines, so that none is idle while a service needs one machine only.
  const work = async () => {
    for (let tasks = todo.shift(); tasks && !context.signal.aborted; tasks = todo.shift()) {
      for (const task of tasks.filter(({ isFirst }) => isFirst)) await runOne(task)
      if (context.signal.aborted) return
      await Promise.all(tasks.filter(({ isFirst }) => !isFirst).map(runOne))
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  const rows = runs.map(({ task, measurement, error }) => ({
    id: task.subject.id,
    platform: task.subject.platform.id,
    ...(measurement?.failures.length === 0 ? { run: measurement.run } : {}),
    note: error ?? (measurement?.failures.length ? 'failed, nothing written' : ''),
  }))
  process.stdout.write(measureTable(rows))
  const isClean = ({ measurement }: (typeof runs)[number]) =>
    measurement?.failures.length === 0 && measurement.findings.length === 0
  const isAllClean = runs.every(isClean)
  if (isAllClean && services.length > 0) {
    context.progress(`next: npm run validate -- ${services.join(' ')}`)
  }
  return isAllClean ? 0 : 1
}

async function runTask({ entry, subject, isFirst }: Task, pool: Pool, context: Context) {
  const { id, platform } = subject
  const label = `${id} on ${platform.id}`
  const { signal, progress, track } = context
  const orElse = `${id} is being measured by another lab; wait for it to end`
  return withLock(
    join(cacheDir('locks'), `measure-${id}-${platform.id}`),
    async () => {
      progress(`${label}: begins`)
      const lab = createLab({
        pool,
        signal,
        progress,
        onCount: (done, planned) => track(label, done, planned),
      })
      const experiments = isFirst ? 'all' : needless(id, platform.id)
      const today = new Date().toISOString().slice(0, 10)
      const measurement = await measureService(lab, subject, { experiments, today })
      if (readProbe(id) !== entry.probe) {
        throw new LabError('the probe was changed while it was measured; measure again')
      }
      if (measurement.failures.length === 0) {
        const platforms = readPlatforms().map((platform) => platform.id)
        recordRun(id, digest(probeText(entry.profile, entry.probe)), platform.id, measurement.run, {
          platforms,
        })
      }
      return measurement
    },
    { signal, orElse },
  )
}

function report(label: string, { run, failures, findings }: Measurement, { progress }: Context) {
  for (const line of [...failures, ...findings]) progress(line)
  const idle = (run.leftOut ?? []).filter(({ breaks }) => !breaks)
  for (const { directive, item } of idle) {
    progress(
      `${directive} is left out, but every check passes with ${item}; set it, or add the check that shows its reason`,
    )
  }
  const outcome = failures.length > 0 ? 'failed; nothing is written' : `written`
  const minutes = `${Math.floor(run.seconds / 60)} min ${run.seconds % 60} s`
  progress(`${label}: ${run.before.exposure} → ${run.after.exposure}, ${outcome} after ${minutes}`)
}

/** Of each service those that are to be run. */
function readTasks(services: string[], flags: Flags): Task[][] {
  if (flags.all && services.length > 0) {
    throw new UsageError('name services, or say --all, not both')
  }
  if (!flags.all && services.length === 0) throw new UsageError('which service? Or say --all')
  for (const id of services) knownId(id)
  const platforms = readPlatforms()
  const wanted = flags.platform === undefined ? platforms : [findPlatform(flags.platform)]
  const { entries, directives, problems } = readRegistry(
    projectRoot,
    flags.all ? allIds() : services,
  )
  // What is set or left out beyond the package's own unit is known only after measuring.
  const wrong = problems.filter(
    ({ path, rule }) => path.endsWith('/profile.yaml') && !['accounted', 'proven'].includes(rule),
  )
  if (wrong.length > 0) throw new LabError(wrong.map(formatProblem).join('\n'))
  return entries.map((entry) => {
    const has = (platform: Platform) => entry.profile.notOn?.[platform.id] === undefined
    const first = platforms.find(has)
    return wanted.filter(has).flatMap((platform): Task[] => {
      const subject = subjectOf(entry, platform, directives)
      // With --all a run that nothing has changed since is not made again: so it goes on where it was stopped.
      if (flags.all && isFresh(entry.measured, subject)) return []
      return [{ entry, subject, isFirst: platform.id === first?.id }]
    })
  })
}

/** The grants that nothing on record needed, be it on the first platform or another. */
function needless(id: string, here: string): Experiment[] {
  const measured = readRecord(id)
  if (!measured) return []
  const { [here]: _, ...platforms } = measured.platforms
  return grantProofs({ ...measured, platforms }).filter(({ breaks }) => !breaks)
}
