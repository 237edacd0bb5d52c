import type { Known } from './match.ts'

/** A profile as a page knows it without asking anybody. */
export interface KnownProfile extends Known {
  name: string
  isSkip: boolean
  /** Measured exposures; empty where there is none. */
  before: string
  after: string
}

/** Reads them out of the elements that carry their facts: the list of home, or components/KnownUnits.astro. */
export function readKnown(rows: Iterable<HTMLElement>): KnownProfile[] {
  return Array.from(rows, (row) => {
    const { known, id, units = '', keywords = '', advice, before = '', after = '' } = row.dataset
    return {
      id: known ?? id ?? '',
      name: (row.querySelector('[data-name]') ?? row).textContent.trim(),
      units: units.split(' '),
      keywords: keywords.split('|'),
      isSkip: advice === 'skip',
      before,
      after,
    }
  })
}
