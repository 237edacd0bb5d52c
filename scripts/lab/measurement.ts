import type { AttackResult, Experiment, Outcome, PlatformRun } from '../core/measured/types.ts'
import { scoreSettings } from '../core/score/index.ts'
import { digest } from '../digest.ts'
import { runAttacks } from './attacks.ts'
import { findUnenforced } from './canaries.ts'
import { dropInsFor, usedStages } from './drop-ins.ts'
import { tryGrants } from './experiments.ts'
import type { Bench } from './experiments.ts'
import { differences } from './exposure.ts'
import type { Exposure } from './exposure.ts'
import { usualLines } from './journal.ts'
import type { Lab } from './lab.ts'
import { tryLeftOut, tryReasons } from './left-out.ts'
import type { Machine } from './machine.ts'
import { tryOption } from './options.ts'
import type { Subject } from './subject.ts'
import { runTrial } from './trial.ts'
import type { Trial } from './trial.ts'
import { readCat, readExposure, readVersions } from './unit-facts.ts'
import { vendorSettings } from './vendor.ts'
import { compareChecks, describeFailure, passed } from './verdict.ts'

export interface Measurement {
  run: PlatformRun
  /** Something failed that must not: nothing may be written. */
  failures: string[]
  /** The profile claims more than was shown: written, and said. */
  findings: string[]
}

/** All of them, or some grants of the drop-in taken away: those that nothing needed on the first platform. */
export type Experiments = 'all' | Experiment[]

/** Everything that is measured of a service on a platform, with the experiments that are asked for. */
export async function measureService(
  lab: Lab,
  subject: Subject,
  { experiments, today }: { experiments: Experiments; today: string },
): Promise<Measurement> {
  const begun = Date.now()
  const { full } = dropInsFor(subject)
  const figures = await lab.onMachine(subject, (machine) => measureScores(machine, subject))
  const { before, after, failures } = figures
  const run: PlatformRun = {
    date: today,
    seconds: 0,
    ...figures.versions,
    unit: subject.unit,
    dropIn: digest(full),
    vendor: figures.vendor,
    before: scoreOf(before.exposure),
    stages: figures.stages,
    after: scoreOf(after.exposure),
    checks: compareChecks(before.trial, after.trial),
    attacks: figures.attacks,
    unenforced: figures.unenforced,
  }
  const findings: string[] = []
  if (experiments.length > 0 && failures.length === 0) {
    const bench: Bench = {
      lab,
      subject,
      usual: usualLines([...before.trial.journal, ...after.trial.journal]),
      unenforced: figures.unenforced,
    }
    const proofs =
      experiments === 'all' ? await prove(bench, figures) : await proveGrants(bench, experiments)
    Object.assign(run, proofs.run)
    failures.push(...proofs.failures)
    findings.push(...proofs.findings)
  }
  run.seconds = Math.round((Date.now() - begun) / 1000)
  return { run, failures, findings }
}

interface Figures {
  versions: Pick<PlatformRun, 'systemd' | 'kernel' | 'packages'>
  vendor: string[]
  before: Measured
  after: Measured
  stages: PlatformRun['stages']
  attacks: Record<string, AttackResult>
  unenforced: string[]
  failures: string[]
}

interface Measured {
  trial: Trial
  exposure: Exposure
}

/** On one machine, as for a reader who installs the drop-in on a running service: before, each stage, after. */
async function measureScores(machine: Machine, subject: Subject): Promise<Figures> {
  const { profile, catalogue, unit } = subject
  const dropIns = dropInsFor(subject)
  const failures: string[] = []
  const versions = await readVersions(machine, subject)
  const vendor = vendorSettings(await readCat(machine, unit), catalogue, versions.systemd)
  const measure = async (what: string, text?: string): Promise<Measured> => {
    const installed: Record<string, string> = text === undefined ? {} : { 'hardening.conf': text }
    const trial = await runTrial(machine, subject, installed)
    const exposure = await readExposure(machine, unit)
    failures.push(...disagreements(what, exposure, subject, vendor, Object.values(installed)))
    return { trial, exposure }
  }

  const unenforced = (await findUnenforced(machine, catalogue)).toSorted()
  const before = await measure('before')
  failures.push(...describeFailure('before', before.trial))
  const open = await runAttacks(machine, unit, [])
  const common = { versions, vendor, before, unenforced, failures }
  if (!profile.directives || failures.length > 0) {
    return { ...common, after: before, stages: {}, attacks: pair(open, open) }
  }
  const stages: PlatformRun['stages'] = {}
  const used = usedStages(subject)
  for (const stage of used.slice(0, -1)) {
    const { trial, exposure } = await measure(`stage ${stage}`, dropIns.stage(stage))
    stages[stage] = { ...scoreOf(exposure), checks: passed(trial) }
    failures.push(...describeFailure(`the stages up to ${stage}`, trial))
  }
  const after = await measure('after', dropIns.full)
  // The last stage sets what the whole drop-in sets; only its first line is another.
  const last = used.at(-1)
  if (last) stages[last] = { ...scoreOf(after.exposure), checks: passed(after.trial) }
  failures.push(...describeFailure('after', after.trial))
  // What keeps a unit from starting keeps the attacks inside it from starting too, and would be said instead of the failure.
  const still = failures.length > 0 ? open : await runAttacks(machine, unit, [])
  return { ...common, after, stages, attacks: pair(open, still) }
}

/** The experiments of the first platform, and at last the whole drop-in once more on a machine of its own. */
async function prove(bench: Bench, { vendor, after }: Figures) {
  const { lab, subject } = bench
  const { profile } = subject
  const { full } = dropInsFor(subject)
  if (!profile.directives) {
    const reasons = await tryReasons(bench)
    const idle = Object.entries(reasons).filter(([, { breaks }]) => !breaks)
    const findings = idle.map(([name]) => `nothing broke when the reason ${name} was tried`)
    return { run: { reasons }, failures: [], findings }
  }
  const [grants, leftOut, options] = await Promise.all([
    tryDefaultGrants(bench),
    tryLeftOut(bench),
    Promise.all(
      Object.keys(profile.options ?? {}).map((name) => tryOption(bench, name, after.trial)),
    ),
  ])
  const control = await lab.trial(subject, { 'hardening.conf': full })
  const failures = [
    ...describeFailure('the whole drop-in on a fresh machine', control),
    ...options.flatMap((option) => [
      ...option.failures,
      ...disagreements(`option ${option.name}`, option.exposure, subject, vendor, [
        full,
        dropInsFor(subject).option(option.name),
      ]),
    ]),
  ]
  const findings = [
    ...unneeded(grants, ''),
    ...options.flatMap(({ name, run, findings }) => [
      ...findings,
      ...unneeded(run.grants ?? [], `option ${name}: `),
    ]),
  ]
  const named = options.map(({ name, run }) => [name, run])
  const run = { grants, leftOut, ...(named.length > 0 && { options: Object.fromEntries(named) }) }
  return { run, failures, findings }
}

/** On another platform than the first: what nothing needed there may be needed here. */
async function proveGrants(bench: Bench, only: Experiment[]) {
  const grants = await tryDefaultGrants(bench, only)
  return {
    run: { ...(grants.length > 0 && { grants }) },
    failures: [],
    findings: unneeded(grants, ''),
  }
}

function tryDefaultGrants(bench: Bench, only?: Experiment[]): Promise<Experiment[]> {
  const { experiment, changedStage } = dropInsFor(bench.subject)
  return tryGrants(
    bench,
    bench.subject.profile.directives ?? {},
    (directives) => ({ 'hardening.conf': experiment(directives) }),
    {
      ...(only && { only }),
      renderStage: (stage, directives) => ({ 'hardening.conf': changedStage(stage, directives) }),
    },
  )
}

function unneeded(grants: Experiment[], where: string): string[] {
  return grants
    .filter(({ breaks }) => !breaks)
    .map(({ directive, item, message = 'every check passes without it' }) => {
      return `${where}${directive} ${item} is granted, but ${message}; remove it, add the check that needs it, or measure the platform that does`
    })
}

function disagreements(
  what: string,
  exposure: Exposure,
  { unit, platform }: Subject,
  vendor: string[],
  dropIns: string[],
): string[] {
  const computed = scoreSettings(vendor, platform.systemd, { dropIns, name: unit })
  return differences(exposure, computed).map((line) => `${what}: ${line}`)
}

function scoreOf({ exposure, level }: Exposure) {
  return { exposure, level }
}

function pair(before: Record<string, Outcome>, after: Record<string, Outcome>) {
  const ids = Object.keys(before).toSorted()
  return Object.fromEntries(
    ids.map((id): [string, AttackResult] => [
      id,
      { before: before[id] ?? 'absent', after: after[id] ?? 'absent' },
    ]),
  )
}
