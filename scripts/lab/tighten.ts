import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readDrafts } from '../drafts.ts'
import { allIds, knownId, projectRoot, readRegistry } from '../registry.ts'
import { UsageError } from '../usage.ts'
import { replaceFile } from './cache.ts'
import type { Context, Flags } from './context.ts'
import { draftProfile } from './draft.ts'
import { readJobs } from './jobs.ts'
import { createLab } from './lab.ts'
import { LabError } from './lab-error.ts'
import { findPlatform, readPlatforms } from './platforms.ts'
import { createPool } from './pool.ts'
import { requireHost } from './require-host.ts'
import { subjectOf } from './subject.ts'
import { tightenSubject } from './tightening.ts'

/** Drafts profile.yaml with the tightest directives that the probe allows: on stdout, or with --write in its place. */
export async function tighten(services: string[], flags: Flags, context: Context): Promise<number> {
  const [service, ...more] = services
  if (service === undefined || more.length > 0) throw new UsageError('name one service')
  knownId(service)
  if (flags.write && !Object.hasOwn(readDrafts(projectRoot, allIds()).drafts, service)) {
    throw new UsageError(`${service} is published; leave --write away, and compare`)
  }
  const jobs = readJobs(flags.jobs)
  const platform = flags.platform === undefined ? readPlatforms()[0] : findPlatform(flags.platform)
  requireHost()
  const { entries, directives } = readRegistry(projectRoot, [service])
  const [entry] = entries
  if (!entry || !platform) {
    throw new LabError(`profiles/${service}/profile.yaml cannot be read; run npm run validate`)
  }
  if (entry.profile.advice === 'skip') {
    throw new LabError(`${service} is advised against: there is nothing to tighten`)
  }
  const { signal, progress, track } = context
  const label = `${service} on ${platform.id}`
  const onCount = (done: number, planned: number) => track(label, done, planned)
  const lab = createLab({ pool: createPool(jobs), signal, progress, onCount })
  const found = await tightenSubject(lab, subjectOf(entry, platform, directives), progress)
  progress(`${label}: ${found.before} → ${found.after}, every check passing`)
  const path = join(projectRoot, 'profiles', service, 'profile.yaml')
  // Read again: it may have been edited in the meantime.
  const draft = draftProfile(readFileSync(path, 'utf8'), found, directives)
  if (!flags.write) process.stdout.write(draft)
  else {
    replaceFile(path, draft)
    progress(`next: npm run validate -- ${service} names each reason that you have yet to write`)
  }
  return 0
}
