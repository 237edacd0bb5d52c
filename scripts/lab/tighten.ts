import { join } from 'node:path'
import { knownId, projectRoot, readRegistry } from '../registry.ts'
import { UsageError } from '../usage.ts'
import { findUnenforced } from './canaries.ts'
import { replaceFile } from './cache.ts'
import type { Context, Flags } from './context.ts'
import { draftProfile } from './draft.ts'
import { dropInsFor } from './drop-ins.ts'
import type { Bench } from './experiments.ts'
import { readJobs } from './jobs.ts'
import { usualLines } from './journal.ts'
import { createLab } from './lab.ts'
import { LabError } from './lab-error.ts'
import type { Machine } from './machine.ts'
import { findPlatform, readPlatforms } from './platforms.ts'
import { requireHost } from './require-host.ts'
import { subjectOf } from './subject.ts'
import type { Subject } from './subject.ts'
import { findTightest } from './tightest.ts'
import { runTrial } from './trial.ts'
import { readExposure } from './unit-facts.ts'
import { describeFailure } from './verdict.ts'

/** Drafts profile.yaml with the tightest directives that the probe allows: on stdout, or with --write in its place. */
export async function tighten(services: string[], flags: Flags, context: Context): Promise<number> {
  const [service, ...more] = services
  if (service === undefined || more.length > 0) throw new UsageError('name one service')
  knownId(service)
  const jobs = readJobs(flags.jobs)
  const platforms = readPlatforms()
  const platform = flags.platform === undefined ? platforms[0] : findPlatform(flags.platform)
  requireHost()
  const { entries, directives } = readRegistry(projectRoot, [service])
  const [entry] = entries
  if (!entry || !platform) {
    throw new LabError(`profiles/${service}/profile.yaml cannot be read; run npm run validate`)
  }
  if (entry.profile.advice === 'skip') {
    throw new LabError(`${service} is advised against: there is nothing to tighten`)
  }
  const { profile } = entry
  if (flags.write && profile.directives) {
    throw new LabError(
      `profiles/${service}/profile.yaml has directives already; leave --write away and compare`,
    )
  }
  const subject = subjectOf(entry, platform, directives)
  const { signal, progress, track } = context
  const label = `${service} on ${platform.id}`
  const onCount = (done: number, planned: number) => track(label, done, planned)
  const lab = createLab({ jobs, signal, progress, onCount })
  const stock = await lab.onMachine(subject, (machine) => useStock(machine, subject))
  const bench: Bench = { lab, subject, ...stock }
  const found = await findTightest(bench, stock.written, progress)
  const text = dropInsFor(subject).experiment(found.directives)
  const after = await lab.onMachine(subject, async (machine) => {
    const trial = await runTrial(machine, subject, { 'hardening.conf': text })
    const failures = describeFailure('all of it together, once more', trial)
    if (failures.length > 0) throw new LabError(failures.join('\n'))
    return readExposure(machine, subject.unit)
  })
  progress(`${label}: ${stock.exposure} → ${after.exposure}, every check passing`)
  const draft = draftProfile(profile, found, directives)
  if (!flags.write) process.stdout.write(draft)
  else replaceFile(join(projectRoot, 'profiles', service, 'profile.yaml'), draft)
  return 0
}

/** The service as installed: what is usual in its journal, and which directories it writes to while the probe runs. */
async function useStock(machine: Machine, subject: Subject) {
  const unenforced = await findUnenforced(machine, subject.catalogue)
  const trial = await runTrial(machine, subject, {})
  const failures = describeFailure('without any drop-in', trial)
  if (failures.length > 0) throw new LabError(failures.join('\n'))
  const { exposure } = await readExposure(machine, subject.unit)
  const { stdout } = await machine.run(writtenSince)
  const written = stdout.split('\n').filter((path) => path.startsWith('/'))
  return { unenforced, usual: usualLines(trial.journal), exposure, written: toCandidates(written) }
}

/** Directories with files or entries that are newer than the trial. */
const writtenSince = `find / -xdev /run -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /var/tmp \\
  -o -path /run/systemd -o -path /run/fenced -o -path /run/udev -o -path /run/log -o -path /var/log/journal -o -path /etc/systemd \\
  -o -path /root -o -path /home \\) -prune -o \\( -type f -o -type s -o -type p \\) -newer /run/fenced/logs -printf '%h\\n' 2>/dev/null | sort -u`

/**
 * As candidates for ReadWritePaths: no deeper than /var/lib/NAME, the broadest first, so that the search drops those
 * where a narrower one will do.
 */
export function toCandidates(paths: string[]): string[] {
  const cut = paths.map((path) => path.split('/').slice(0, 4).join('/'))
  const depth = (path: string) => path.split('/').length
  const real = [...new Set(cut)].filter((path) => path !== '/' && path !== '')
  return real.toSorted((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
}
