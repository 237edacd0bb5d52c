import type { Experiment } from '../../../scripts/core/measured/types.ts'
import type { Directives } from '../../../scripts/core/profile/types.ts'
import { itemsOf, reasonOf } from '../../../scripts/core/profile/values.ts'
import type { Entry } from '../../../scripts/registry.ts'

interface Named {
  id: string
  name: string
}

/** A profile, or one of its options, that sets a directive. */
export interface Setting extends Named {
  option?: string
  items: { item: string; reason: string }[]
}

export interface LeftOut extends Named {
  reason: string
  proof?: Experiment | undefined
}

/** One experiment in which something broke. */
export interface Breakage extends Named {
  /** What was done: `without CAP_CHOWN`, or `with yes`. */
  change: string
  experiment: Experiment
}

export interface DirectiveUse {
  set: Setting[]
  leftOut: LeftOut[]
  broke: Breakage[]
}

/** Everything that the registry knows of one directive. */
export function useOf(directive: string, entries: Entry[]): DirectiveUse {
  return {
    set: entries.flatMap((entry) => settings(directive, entry)),
    leftOut: entries.flatMap((entry) => leftOut(directive, entry)),
    broke: entries.flatMap((entry) => breakages(directive, entry)),
  }
}

function settings(directive: string, { id, profile }: Entry): Setting[] {
  const of = (directives: Directives = {}, option?: string): Setting[] => {
    const value = Object.hasOwn(directives, directive) ? directives[directive] : undefined
    if (value === undefined) return []
    const items = itemsOf(value).map((item) => ({ item, reason: reasonOf(value, item) }))
    return [{ id, name: profile.name, ...(option !== undefined && { option }), items }]
  }
  const options = Object.entries(profile.options ?? {})
  return [
    ...of(profile.directives),
    ...options.flatMap(([option, { directives }]) => of(directives, option)),
  ]
}

function leftOut(directive: string, { id, profile, measured }: Entry): LeftOut[] {
  const reason = profile.leftOut?.[directive]
  if (reason === undefined) return []
  const tried = Object.values(measured?.platforms ?? {}).flatMap((run) => run.leftOut ?? [])
  const proof = tried.find((experiment) => experiment.directive === directive)
  return [{ id, name: profile.name, reason, proof }]
}

function breakages(directive: string, { id, profile, measured }: Entry): Breakage[] {
  return Object.values(measured?.platforms ?? {}).flatMap((run) => {
    const found = (experiments: Experiment[], word: string) =>
      experiments
        .filter((experiment) => experiment.directive === directive && experiment.breaks)
        .map((experiment) => ({
          id,
          name: profile.name,
          change: `${word} ${experiment.item || 'nothing allowed'}`,
          experiment,
        }))
    return [
      ...found(run.grants ?? [], 'without'),
      ...found(run.leftOut ?? [], 'with'),
      ...found(Object.values(run.reasons ?? {}), 'with'),
    ]
  })
}
