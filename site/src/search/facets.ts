import { filters } from './state.ts'
import type { State } from './state.ts'

/** What the list knows of an entry beyond its words. */
export interface Facts {
  category: string
  /** The level after; empty where nothing was measured or nothing is advised. */
  level: string
  platform: string[]
  advice: Advice
  /** Exposures; NaN where there is none. */
  before: number
  after: number
}

export type Advice = 'harden' | 'packaged' | 'skip'

export const sorts = {
  '': 'Name or match',
  drop: 'Biggest drop',
  before: 'Worst before',
  after: 'Best after',
} as const

/** True where an entry meets every wish. */
export function meets(facts: Facts, state: State): boolean {
  return filters.every((filter) => {
    const wish = state[filter]
    return wish === '' || (filter === 'platform' ? facts.platform : [facts[filter]]).includes(wish)
  })
}

/** Orders by a figure; an entry without that figure comes last, and equal ones stay as they were. */
export function inOrder<T extends { facts: Facts }>(items: T[], sort: string): T[] {
  const figure = figures.get(sort)
  if (!figure) return items
  const cost = ({ facts }: T) => (Number.isNaN(figure(facts)) ? Infinity : figure(facts))
  return items.toSorted((a, b) => (cost(a) === cost(b) ? 0 : cost(a) - cost(b)))
}

const figures = new Map<string, (facts: Facts) => number>([
  ['drop', ({ before, after }) => after - before],
  ['before', ({ before }) => -before],
  ['after', ({ after }) => after],
])
