import { existsSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { parseMeasured } from '../core/measured/parse.ts'
import { sealedText } from '../core/measured/seal.ts'
import type { Measured } from '../core/measured/types.ts'
import { formatProblem } from '../core/problem.ts'
import { probeText } from '../core/measured/probe-text.ts'
import { digest } from '../digest.ts'
import { knownId, projectRoot, readRegistry } from '../registry.ts'
import { UsageError } from '../usage.ts'
import type { Context, Flags } from './context.ts'
import { isFresh } from './fresh.ts'
import { LabError } from './lab-error.ts'
import { readPlatforms } from './platforms.ts'
import { recordRun } from './record.ts'
import { subjectOf } from './subject.ts'
import type { Subject } from './subject.ts'

/**
 * Takes runs of one service that were made elsewhere, a platform here and one there, into its measured.yaml. What was made
 * with another drop-in or probe than stands here is left aside, and a file that was changed by hand refused.
 */
export function merge(args: string[], _: Flags, { progress }: Context): Promise<number> {
  const [service, ...paths] = args
  if (service === undefined || paths.length === 0) {
    throw new UsageError('name a service, and files that its measurement was written to')
  }
  knownId(service)
  const files = paths.map(readMeasured)
  const { entries, directives } = readRegistry(projectRoot, [service])
  const [entry] = entries
  if (!entry)
    throw new LabError(`profiles/${service}/profile.yaml cannot be read; run npm run validate`)
  const platforms = readPlatforms()
  const ids = platforms.map(({ id }) => id)
  for (const platform of platforms) {
    const { id } = platform
    if (entry.profile.notOn?.[id]) continue
    const subject = subjectOf(entry, platform, directives)
    const run = newerRun(files, subject, entry.measured)
    if (!run) {
      progress(`${service} on ${id}: nothing newer; it stays as it is`)
      continue
    }
    recordRun(service, digest(probeText(entry.profile, entry.probe)), id, run, { platforms: ids })
    progress(`${service} on ${id}: ${run.before.exposure} → ${run.after.exposure}, taken over`)
  }
  return Promise.resolve(0)
}

/** The first run on the subject's platform that fits what stands here, and is another one than is recorded. */
export function newerRun(files: Measured[], subject: Subject, recorded?: Measured) {
  const { id } = subject.platform
  const here = recorded?.platforms[id]
  return files.find(
    (file) => isFresh(file, subject) && !isDeepStrictEqual(file.platforms[id], here),
  )?.platforms[id]
}

/** Refuses what the lab did not write. */
export function readMeasured(path: string): Measured {
  if (!existsSync(path)) throw new UsageError(`there is no file ${path}`)
  const { measured, problems } = parseMeasured(path, readFileSync(path, 'utf8'))
  if (!measured) throw new LabError(problems.map(formatProblem).join('\n'))
  if (measured.seal === digest(sealedText(measured))) return measured
  throw new LabError(`${path} is not as the lab wrote it; measure again`)
}
