import type { Experiment } from '../core/measured/types.ts'
import { attemptOf } from '../core/profile/values.ts'
import { dropInsFor } from './drop-ins.ts'
import { experiment } from './experiments.ts'
import type { Bench } from './experiments.ts'

/** Sets each directive of leftOut to its strictest once, beside all that the profile sets. */
export function tryLeftOut(bench: Bench): Promise<Experiment[]> {
  const { subject, unenforced } = bench
  const { profile, catalogue, platform } = subject
  const render = dropInsFor(subject).experiment
  const names = Object.keys(profile.leftOut ?? {}).filter((name) => {
    const info = catalogue[name]
    const isKnown = info !== undefined && info.since <= Number(platform.systemd)
    return isKnown && info.strictest !== undefined && !unenforced.includes(name)
  })
  return Promise.all(
    names.map((directive) => {
      const item = catalogue[directive]?.strictest ?? ''
      const text = render({ ...profile.directives, [directive]: item })
      const attempt = { value: item, dropIns: { 'hardening.conf': text } }
      return experiment(bench, { directive, item }, [attempt])
    }),
  )
}

/** Tries what an entry with advice: skip warns of. */
export async function tryReasons(bench: Bench): Promise<Record<string, Experiment>> {
  const { subject } = bench
  const render = dropInsFor(subject).experiment
  const entries = Object.entries(subject.profile.reasons ?? {})
  const results = entries.map(async ([name, { directives }]) => {
    const what = attemptOf(directives)
    const attempt = { value: what.item, dropIns: { 'hardening.conf': render(directives) } }
    return [name, await experiment(bench, what, [attempt])] as const
  })
  return Object.fromEntries(await Promise.all(results))
}
