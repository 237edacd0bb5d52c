import type { KnownProfile } from '../units/known.ts'
import { createMatcher } from '../units/match.ts'
import { readListing } from './read-listing.ts'
import type { Listed } from './read-listing.ts'

export interface Ranked extends Listed {
  profile?: KnownProfile
  /** The profile is for a service that is probably this one under another name. */
  isLikely: boolean
}

/** Prepares the ranking: the reader's units, worst first, each with the profile that is for it. */
export function createRanking(known: KnownProfile[]): (pasted: string) => Ranked[] {
  const match = createMatcher(known)
  return (pasted) =>
    readListing(pasted).map((listed) => {
      const { unit, isCut } = listed
      if (isCut) return withProfile(listed, startingWith(known, unit), true)
      const hit = match(unit)
      return withProfile(listed, hit?.known, !hit?.isExact)
    })
}

function withProfile(listed: Listed, profile: KnownProfile | undefined, isLikely: boolean): Ranked {
  return profile ? { ...listed, profile, isLikely } : { ...listed, isLikely: false }
}

/** Only where the rest of a name belongs to one profile alone. */
function startingWith(known: KnownProfile[], start: string): KnownProfile | undefined {
  const hits = known.filter(({ units }) => units.some((unit) => unit.startsWith(start)))
  return hits.length === 1 ? hits[0] : undefined
}
