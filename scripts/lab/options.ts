import type { Check, OptionRun } from '../core/measured/types.ts'
import { digest } from '../digest.ts'
import { dropInsFor } from './drop-ins.ts'
import { tryGrants } from './experiments.ts'
import type { Bench } from './experiments.ts'
import { optionTags } from './tap.ts'
import { runTrial } from './trial.ts'
import type { Trial } from './trial.ts'
import { readExposure } from './unit-facts.ts'
import type { Exposure } from './exposure.ts'
import { compareChecks, describeFailure, failureOf } from './verdict.ts'

export interface OptionResult {
  name: string
  run: OptionRun
  exposure: Exposure
  /** What keeps the measurement from being written. */
  failures: string[]
  /** What the profile says and the experiment does not show. */
  findings: string[]
}

/** One option beside the default drop-in: its score, all checks, whether it is needed, and its grants. */
export async function tryOption(bench: Bench, name: string, after: Trial): Promise<OptionResult> {
  const { lab, subject } = bench
  const { full, option, changedOption } = dropInsFor(subject)
  const settings = subject.profile.options?.[name]
  const file = `site-${name}.conf`
  const text = option(name)
  const hasTag = optionTags(subject.probe).includes(`option:${name}`)
  const mayFail = Object.keys(settings?.gives ?? {})

  const [{ trial, exposure }, alone] = await Promise.all([
    lab.onMachine(subject, async (machine) => ({
      trial: await runTrial(
        machine,
        subject,
        { 'hardening.conf': full, [file]: text },
        { option: name },
      ),
      exposure: await readExposure(machine, subject.unit),
    })),
    hasTag
      ? lab.trial(subject, { 'hardening.conf': full }, { option: name, alone: true })
      : undefined,
  ])
  const without = { ...after, checks: [...after.checks, ...(alone?.checks ?? [])] }
  const checks = compareChecks(without, trial)
  const grants = await tryGrants(
    bench,
    settings?.directives ?? {},
    (directives) => ({ 'hardening.conf': full, [file]: changedOption(name, directives) }),
    { option: name, mayFail, adds: (directive) => !settings?.replaces?.includes(directive) },
  )
  const { exposure: figure, level } = exposure
  return {
    name,
    run: { exposure: figure, level, dropIn: digest(text), checks, grants },
    exposure,
    failures: failureOf(trial, { mayFail }) ? describeFailure(`option ${name}`, trial) : [],
    findings: optionFindings(name, checks, mayFail),
  }
}

/** What an option claims and its checks do not show. */
export function optionFindings(name: string, checks: Check[], gives: string[]): string[] {
  const outcome = (title: string) => checks.find((check) => check.name === title)?.after
  const kept = gives.filter((title) => outcome(title) !== 'fail')
  const shows =
    checks.some(({ before, after }) => before === 'fail' && after === 'pass') ||
    gives.some((title) => outcome(title) === 'fail')
  return [
    ...kept.map((title) =>
      outcome(title) === 'pass'
        ? `option ${name} gives up "${title}", but it passed; remove it from gives`
        : `option ${name} gives up "${title}", which is no check of the probe; correct it`,
    ),
    ...(shows
      ? []
      : [
          `no check shows what option ${name} is for; tag one with option:${name} that fails without it`,
        ]),
  ]
}
