import { readRegistry } from '../registry.ts'
import type { Figure, Section } from './figure.ts'
import { medianOf } from './median.ts'

/** What the profiles are for: the exposures that the lab has recorded on the first platform. */
export const benchExposure: Section = () => {
  const { entries, platforms } = readRegistry()
  const runs = entries.flatMap(({ id, profile, measured }) => {
    const run = measured?.platforms[platforms[0]!.id]
    return profile.advice !== 'skip' && run ? [{ ...run, id }] : []
  })
  const many = `${runs.length} profiles on ${platforms[0]!.id}`
  const failing = runs.flatMap(({ checks }) => checks.filter(({ after }) => after === 'fail'))
  const exposures = (of: typeof runs, when: 'before' | 'after') =>
    medianOf(of.map((run) => Number(run[when].exposure)))
  const exposure = (what: string, of: typeof runs): Figure => ({
    what: `exposure after, ${what}`,
    value: exposures(of, 'after'),
    unit: 'of 10',
    bar: 2,
    peers: [{ name: 'before', value: exposures(of, 'before') }],
  })
  const nginx = runs.filter(({ id }) => id === 'nginx')
  return Promise.resolve([
    exposure(`median of ${many}`, runs),
    exposure('nginx', nginx),
    { what: `checks that fail after, ${many}`, value: failing.length, unit: 'checks', bar: 0 },
  ])
}
