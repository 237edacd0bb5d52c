import { existsSync, readFileSync } from 'node:fs'
import { parseUnit } from '../core/score/index.ts'
import { knownId, projectRoot, readRegistry } from '../registry.ts'
import { UsageError } from '../usage.ts'
import { runAttacks } from './attacks.ts'
import { findUnenforced } from './canaries.ts'
import { checkReport } from './check-report.ts'
import type { CheckResult, UnneededGrant } from './check-report.ts'
import type { Context, Flags } from './context.ts'
import { findCulprits } from './culprits.ts'
import { experiment } from './experiments.ts'
import type { Bench } from './experiments.ts'
import {
  foreignText,
  grantWords,
  namesOf,
  onlyNames,
  openingFirst,
  readForeign,
  withoutWord,
} from './foreign-drop-in.ts'
import type { ForeignDropIn } from './foreign-drop-in.ts'
import { usualLines } from './journal.ts'
import { createLab } from './lab.ts'
import { LabError } from './lab-error.ts'
import { readJobs } from './jobs.ts'
import type { Lab } from './lab.ts'
import type { Machine } from './machine.ts'
import { findPlatform, readPlatforms } from './platforms.ts'
import { createPool } from './pool.ts'
import { requireHost } from './require-host.ts'
import { subjectOf } from './subject.ts'
import type { Subject } from './subject.ts'
import { runTrial } from './trial.ts'
import { readExposure } from './unit-facts.ts'
import { describeFailure, failureOf } from './verdict.ts'

/** Is somebody else's drop-in safe for this service? Its score, checks, attacks, and what in it breaks or is not needed. */
export async function check(services: string[], flags: Flags, context: Context): Promise<number> {
  const [service, ...more] = services
  if (service === undefined || more.length > 0) throw new UsageError('name one service')
  knownId(service)
  const file = flags['drop-in']
  if (file === undefined) throw new UsageError('which drop-in? Say --drop-in FILE')
  if (!existsSync(file)) throw new UsageError(`there is no file ${file}`)
  const jobs = readJobs(flags.jobs)
  const platforms = readPlatforms()
  const platform = flags.platform === undefined ? platforms[0] : findPlatform(flags.platform)
  requireHost()
  const { entries, directives } = readRegistry(projectRoot, [service])
  const [entry] = entries
  if (!entry || !platform) {
    throw new LabError(`profiles/${service}/profile.yaml cannot be read; run npm run validate`)
  }
  const subject = subjectOf(entry, platform, directives)
  const label = `${service} on ${platform.id}`
  const { signal, progress, track } = context
  const lab = createLab({
    pool: createPool(jobs),
    signal,
    progress,
    onCount: (done, planned) => track(label, done, planned),
  })
  const result = await checkDropIn(lab, subject, readFileSync(file, 'utf8'), progress)
  process.stdout.write(checkReport(label, file, result, entry.profile.name))
  return result.failure === undefined ? 0 : 1
}

/** Installs a drop-in that is not ours beside nothing else, and finds out what it does to the service. */
export async function checkDropIn(
  lab: Lab,
  subject: Subject,
  text: string,
  progress: (line: string) => void = () => {},
): Promise<CheckResult> {
  const { catalogue, platform } = subject
  const items = readForeign(text, Number(platform.systemd))
  if (namesOf(items).length === 0) throw new LabError('the drop-in sets nothing; is it a drop-in?')
  const stock = await lab.onMachine(subject, async (machine) => ({
    unenforced: await findUnenforced(machine, catalogue),
    ...(await figuresOf(machine, subject, {})),
  }))
  const wrong = describeFailure('without any drop-in', stock.trial)
  if (wrong.length > 0) {
    throw new LabError(['the probe does not pass on the service as installed', ...wrong].join('\n'))
  }
  // On a machine of its own: the probe makes what a drop-in may name, and a reader has only what the package brings.
  const fenced = await lab.onMachine(subject, (machine) =>
    figuresOf(machine, subject, { 'hardening.conf': text }),
  )
  const { unenforced } = stock
  const bench: Bench = { lab, subject, usual: usualLines(stock.trial.journal), unenforced }
  const failure = failureOf(fenced.trial, bench)
  const rest = failure
    ? { culprits: await culpritsOf(bench, items, progress), unneeded: [] }
    : { culprits: [], unneeded: await unneededOf(bench, items, progress) }
  return {
    before: stock.exposure,
    after: fenced.exposure,
    checks: fenced.trial.checks,
    planned: Math.max(fenced.trial.planned, stock.trial.planned),
    attacks: { before: stock.attacks ?? {}, after: fenced.attacks },
    unenforced,
    notes: notesOf(text, subject),
    ...(failure && { failure }),
    ...rest,
  }
}

async function figuresOf(machine: Machine, subject: Subject, dropIns: Record<string, string>) {
  const trial = await runTrial(machine, subject, dropIns)
  const exposure = await readExposure(machine, subject.unit)
  // What keeps a unit from starting keeps the attacks inside it from starting too.
  const attacks = trial.started ? await runAttacks(machine, subject.unit, []) : undefined
  return { trial, exposure, attacks }
}

/** Which settings cannot be had: found by trying the others without them. */
async function culpritsOf(bench: Bench, items: ForeignDropIn, progress: (line: string) => void) {
  progress('something breaks; looking for the settings that do it')
  const names = openingFirst(namesOf(items), bench.subject.catalogue)
  const { culprits } = await findCulprits(names, async (some) => {
    const text = foreignText(onlyNames(items, new Set(some)))
    const dropIns = { 'hardening.conf': text }
    const trial = await bench.lab.trial(bench.subject, dropIns, { untilFailure: true })
    return failureOf(trial, bench)
  })
  return culprits.map(({ part, failure }) => ({ directive: part, failure }))
}

/** Takes each word that allows something away once. */
async function unneededOf(
  bench: Bench,
  items: ForeignDropIn,
  progress: (line: string) => void,
): Promise<UnneededGrant[]> {
  const { catalogue } = bench.subject
  const words = grantWords(items, catalogue)
  if (words.length > 0) progress(`everything works; taking away ${words.length} grants, one by one`)
  const tried = await Promise.all(
    words.map(async (word) => {
      const without = withoutWord(items, word, catalogue)
      if (!without) return []
      const attempt = { value: 'nothing', dropIns: { 'hardening.conf': foreignText(without) } }
      const { breaks } = await experiment(bench, word, [attempt])
      return breaks ? [] : [word]
    }),
  )
  return tried.flat()
}

/** What of the text systemd skips: misspelt names and values load without a word. */
function notesOf(text: string, { platform }: Subject): string[] {
  const unit = '[Service]\nExecStart=/bin/true\n'
  const dropins: [string, string][] = [['x.service.d/hardening.conf', text]]
  const { notes } = parseUnit({ name: 'x.service', unit, dropins, systemd: platform.systemd })
  return notes
    .filter(({ path }) => path !== 'x.service')
    .map(({ line, message }) => `line ${line}: ${message}`)
}
