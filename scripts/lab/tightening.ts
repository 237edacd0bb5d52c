import type { Directives } from '../core/profile/types.ts'
import { isSingle } from '../core/profile/values.ts'
import { findUnenforced } from './canaries.ts'
import { dropInsFor } from './drop-ins.ts'
import type { Bench } from './experiments.ts'
import { usualLines } from './journal.ts'
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'
import type { Machine } from './machine.ts'
import type { Subject } from './subject.ts'
import { findTightest } from './tightest.ts'
import type { Tightest } from './tightest.ts'
import { runTrial } from './trial.ts'
import { readCat, readExposure } from './unit-facts.ts'
import { vendorSettings } from './vendor.ts'
import { describeFailure } from './verdict.ts'
import { toCandidates, writtenSince } from './written.ts'

export interface Tightening extends Tightest {
  before: string
  after: string
}

/** The tightest directives that the probe of a service allows, tried once more all together. */
export async function tightenSubject(
  lab: Lab,
  subject: Subject,
  progress: (line: string) => void,
): Promise<Tightening> {
  const stock = await lab.onMachine(subject, (machine) => useStock(machine, subject))
  const bench: Bench = { lab, subject, ...stock }
  const found = await findTightest(bench, stock.written, progress, chosen(subject))
  found.leftOut['User'] ??= userLeftOut(stock.vendor)
  if (found.directives['User'] !== undefined) delete found.leftOut['User']
  const text = dropInsFor(subject).experiment(found.directives)
  const after = await lab.onMachine(subject, async (machine) => {
    const trial = await runTrial(machine, subject, { 'hardening.conf': text })
    const failures = describeFailure('all of it together, once more', trial)
    if (failures.length > 0) throw new LabError(failures.join('\n'))
    return readExposure(machine, subject.unit)
  })
  return { ...found, before: stock.exposure, after: after.exposure }
}

/** The service as installed: what is usual in its journal, and which directories it writes to while the probe runs. */
async function useStock(machine: Machine, subject: Subject) {
  const { catalogue, platform, unit } = subject
  const unenforced = await findUnenforced(machine, catalogue)
  const trial = await runTrial(machine, subject, {})
  const failures = describeFailure('without any drop-in', trial)
  if (failures.length > 0) throw new LabError(failures.join('\n'))
  const { exposure } = await readExposure(machine, unit)
  const vendor = vendorSettings(await readCat(machine, unit), catalogue, platform.systemd)
  const { stdout } = await machine.run(writtenSince)
  const written = toCandidates(stdout.split('\n').filter((path) => path.startsWith('/')))
  return { unenforced, usual: usualLines(trial.journal), exposure, vendor, written }
}

/** What a person has set and no search finds: users, directories, paths that are hidden. */
function chosen({ profile, catalogue }: Subject): Directives {
  const entries = Object.entries(profile.directives ?? {}).filter(([name]) => {
    const info = catalogue[name]
    if (!info || name === 'ReadWritePaths') return false
    return !info.account || (isSingle(info) && info.strictest === undefined)
  })
  return Object.fromEntries(entries)
}

function userLeftOut(vendor: string[]) {
  const last = (key: string) =>
    vendor
      .findLast((line) => line.startsWith(`${key}=`))
      ?.slice(key.length + 1)
      .trim()
  const user = last('User')
  const none = { check: '', message: '' }
  if (user) return { ...none, reason: `the package's own unit already starts it as ${user}` }
  if (/^(yes|true|on|1)$/i.test(last('DynamicUser') ?? '')) {
    return { ...none, reason: "the package's own unit already gives it a user of its own" }
  }
  return { ...none, message: "not tried: the package's unit starts it as root" }
}
