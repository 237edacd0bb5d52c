import { nearest } from '../yaml/nearest.ts'
import type { Finding, Rule } from './rule.ts'

const keys = ['unit', 'instance', 'packages', 'probePackages', 'notOn'] as const

/** Every by-platform value names platforms of the lab, and leaves none without a unit. */
export const knownPlatform: Rule = {
  name: 'known-platform',
  check({ profile, platforms, keyAt }) {
    const ids = platforms.map(({ id }) => id)
    const found: Finding[] = []
    const left = ids.filter((id) => !profile.notOn?.[id])
    if (left.length === 0) {
      const fix = 'a profile is measured on one platform at least'
      found.push({ ...keyAt(['notOn']), message: 'notOn leaves no platform', fix })
    }
    for (const key of keys) {
      const value = profile[key]
      if (value === undefined || typeof value === 'string' || Array.isArray(value)) continue
      for (const id of Object.keys(value)) {
        if (ids.includes(id)) continue
        const meant = nearest(id, ids)
        const fix = meant ? `did you mean ${meant}?` : `write one of ${ids.join(', ')}`
        found.push({ ...keyAt([key, id]), message: `${id} is no platform of the lab`, fix })
      }
      if (key === 'notOn' || key === 'probePackages') continue
      const missing = left.find((id) => !Object.hasOwn(value, id))
      if (!missing) continue
      const message = `${key} says nothing for ${missing}`
      const fix = `add it, or say under notOn why ${missing} has no such service`
      found.push({ ...keyAt([key]), message, fix })
    }
    return found
  },
}
