import type { Experiment } from '../core/measured/types.ts'
import type { DirectiveInfo, Directives, Stage } from '../core/profile/types.ts'
import { grantsOf, withoutGrant } from '../core/profile/values.ts'
import type { Catalogue, Grant } from '../core/profile/values.ts'
import type { Lab } from './lab.ts'
import type { Subject } from './subject.ts'
import type { TrialOptions } from './trial.ts'
import { failureOf } from './verdict.ts'

/** What all experiments on one service share. */
export interface Bench {
  lab: Lab
  subject: Subject
  /** Lines that the journal holds when nothing is wrong. */
  usual: Set<string>
  unenforced: string[]
}

interface Attempt {
  /** The value that it stands for. */
  value: string
  dropIns: Record<string, string>
  /** Where it passes, these have to as well: the published stage that it belongs to. */
  stage?: { name: string; dropIns: Record<string, string> }
}

/** Tries directive sets from the strictest on until one passes, and tells of the first failure otherwise. */
export async function experiment(
  { lab, subject, usual }: Bench,
  what: { directive: string; item: string },
  attempts: Attempt[],
  options: TrialOptions = {},
): Promise<Experiment> {
  const { mayFail = [] } = options
  let first: Experiment | undefined
  const fails = async (dropIns: Record<string, string>) => {
    const trial = await lab.trial(subject, dropIns, { ...options, untilFailure: true })
    return failureOf(trial, { usual, mayFail })
  }
  for (const { value, dropIns, stage } of attempts) {
    let failure = await fails(dropIns)
    if (!failure && stage) {
      failure = await fails(stage.dropIns)
      if (failure) failure.message = `with the stage ${stage.name} alone: ${failure.message}`
    }
    if (!failure) {
      const message = attempts.length > 1 ? `every check passes with ${value}` : undefined
      return { ...what, breaks: false, ...(message && { message }) }
    }
    first ??= { ...what, breaks: true, ...failure }
  }
  return first ?? { ...what, breaks: false }
}

/** Takes each grant of a set of directives away once. `render` makes drop-ins of what is left. */
export function tryGrants(
  bench: Bench,
  directives: Directives,
  render: (directives: Directives) => Record<string, string>,
  options: TrialOptions & {
    adds?: (directive: string) => boolean
    /** Only these of them. */
    only?: Experiment[]
    /** Drop-ins of a stage, for grants that only an early stage needs. */
    renderStage?: (stage: Stage, directives: Directives) => Record<string, string>
  } = {},
): Promise<Experiment[]> {
  const { catalogue, platform } = bench.subject
  const { adds, only, renderStage, ...how } = options
  const grants = grantsOf(directives, catalogue).filter(
    ({ directive, item }) =>
      (only?.some((one) => one.directive === directive && one.item === item) ?? true) &&
      !bench.unenforced.includes(directive) &&
      (catalogue[directive]?.since ?? 0) <= Number(platform.systemd),
  )
  return Promise.all(
    grants.map((grant) => {
      const { directive, item, kind } = grant
      const isEmptied = kind === 'item' && adds?.(directive)
      const attempts = withoutIt(directives, grant, catalogue, Number(platform.systemd))
      const name = catalogue[directive]?.stage
      const rendered = attempts.map(({ value, without }): Attempt => ({
        value,
        dropIns: render(isEmptied ? withoutEmpty(without, directive, directives) : without),
        ...(renderStage && name && { stage: { name, dropIns: renderStage(name, without) } }),
      }))
      return experiment(bench, { directive, item }, rendered, how)
    }),
  )
}

/** A list item is left out; a weaker value gives way to each stricter one, the strictest first. */
function withoutIt(directives: Directives, grant: Grant, catalogue: Catalogue, systemd: number) {
  const { directive, item, kind } = grant
  const strictest = { value: 'nothing', without: withoutGrant(directives, grant, catalogue) }
  if (kind === 'item') return [strictest]
  const info = catalogue[directive]
  return stricterValues(info, item, systemd).map((value) => ({
    value,
    without: { ...directives, [directive]: value },
  }))
}

/** The values that this systemd knows above `item`, the strictest first. */
export function stricterValues(
  info: DirectiveInfo | undefined,
  item: string,
  systemd: number,
): string[] {
  const strictest = info?.strictest ?? ''
  const values = info?.values ?? [item, strictest]
  return values
    .slice(values.indexOf(item) + 1, values.indexOf(strictest) + 1)
    .filter((value) => (info?.valuesSince?.[value] ?? 0) <= systemd)
    .toReversed()
}

/** An option's list adds to the default one, so with nothing left it says nothing, instead of emptying both. */
function withoutEmpty(without: Directives, directive: string, all: Directives): Directives {
  const value = all[directive]
  const isLast = typeof value === 'object' && Object.keys(value).length === 1
  if (!isLast) return without
  const { [directive]: _, ...rest } = without
  return rest
}
