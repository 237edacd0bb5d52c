import { levels, mostOf } from '../../../scripts/core/score/level.ts'

/** Where each level begins on the scale of 0 to 10, lowest first. PERFECT and DANGEROUS are single points: no bands. */
export const bands = levels
  .map((word, index) => ({ word, from: (mostOf(levels[index + 1] ?? '') + 1) / 10 }))
  .slice(1, -1)
  .toReversed()

/** A place on the scale, for an attribute of an SVG element. */
export function percent(exposure: number): string {
  return `${Number((Math.min(10, Math.max(0, exposure)) * 10).toFixed(2))}%`
}
