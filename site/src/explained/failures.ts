import type { Experiment, PlatformRun } from '../../../scripts/core/measured/types.ts'
import type { DirectiveInfo } from '../../../scripts/core/profile/types.ts'
import type { Entry } from '../../../scripts/registry.ts'
import { relaxedLine } from './relaxed.ts'

/** One experiment that broke a service, with the line that would have prevented it. */
export interface Failure {
  /** Of the profile. */
  id: string
  name: string
  directive: string
  /** What was done: `without CAP_CHOWN`, or `with yes`. */
  change: string
  /** The check that failed, or `start`. */
  check: string
  message: string
  write: string
}

type Catalogue = Record<string, DirectiveInfo>

/** Every failure on record that left a message, each once: by directive, in the catalogue's order, then by service. */
export function failuresOf(entries: Entry[], directives: Catalogue): Failure[] {
  const all = entries.flatMap((entry) =>
    Object.values(entry.measured?.platforms ?? {}).flatMap((run) =>
      failuresIn(entry, run, directives),
    ),
  )
  const distinct = new Map(all.map((item) => [`${item.id} ${item.write} ${item.message}`, item]))
  const order = new Map(Object.keys(directives).map((name, index) => [name, index]))
  const place = ({ directive }: Failure) => order.get(directive) ?? Infinity
  return [...distinct.values()].toSorted((a, b) => place(a) - place(b))
}

function failuresIn({ id, profile }: Entry, run: PlatformRun, directives: Catalogue): Failure[] {
  const of = (experiments: Experiment[], word: 'without' | 'with') =>
    experiments.flatMap((experiment): Failure[] => {
      const { directive, item, breaks, check = '', message } = experiment
      const info = directives[directive]
      if (!breaks || !message || !info) return []
      const change = `${word} ${item || 'nothing allowed'}`
      const write = relaxedLine(directive, word === 'without' ? item : undefined, info)
      return [{ id, name: profile.name, directive, change, check, message, write }]
    })
  const options = Object.values(run.options ?? {})
  return [
    ...of(run.grants ?? [], 'without'),
    ...options.flatMap(({ grants = [] }) => of(grants, 'without')),
    ...of(run.leftOut ?? [], 'with'),
    ...of(Object.values(run.reasons ?? {}), 'with'),
  ]
}
