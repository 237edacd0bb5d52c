import type { Measured, PlatformRun } from '../../../scripts/core/measured/types.ts'
import type { Entry, Registry } from '../../../scripts/registry.ts'

export interface LabelledRun {
  id: string
  label: string
  run: PlatformRun
}

/** The platforms that an entry was measured on, in the order of the platforms' file. */
export function runsOf(
  measured: Measured | undefined,
  platforms: Registry['platforms'],
): LabelledRun[] {
  return platforms.flatMap(({ id, label }) => {
    const run = measured?.platforms[id]
    return run ? [{ id, label, run }] : []
  })
}

/** What the list says of an entry in one line; undefined where nothing was measured. */
export function headline({ profile, measured }: Entry, platforms: Registry['platforms']) {
  const [first] = runsOf(measured, platforms)
  if (!first) return undefined
  const { before, after } = first.run
  return { before, after: profile.advice === 'skip' ? undefined : after, label: first.label }
}

/** How many attacks got through, and of how many that could be tried. */
export function attackCounts({ attacks }: PlatformRun) {
  const tried = Object.values(attacks).filter(({ before }) => before !== 'absent')
  return {
    tried: tried.length,
    before: tried.filter(({ before }) => before === 'open').length,
    after: tried.filter(({ after }) => after === 'open').length,
  }
}
