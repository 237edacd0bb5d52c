import { renderDropIn, renderOption } from '../profile/render.ts'
import type { Score } from '../measured/types.ts'
import type { Stage } from '../profile/types.ts'
import { commandFor } from './measured-part.ts'
import type { Finding, Rule } from './rule.ts'

/** Every recorded exposure follows from the vendor's settings and the drop-in, computed anew. */
export const recomputed: Rule = {
  name: 'recomputed',
  check(context) {
    const { measured, profile, catalogue, measuredAt, score } = context
    const found: Finding[] = []
    for (const [id, run] of Object.entries(measured?.platforms ?? {})) {
      const systemd = Number(run.systemd)
      const compare = (path: string[], recorded: Score, dropIns: string[]) => {
        const computed = score(run.vendor, dropIns, run.systemd, run.unit)
        if (computed.exposure === recorded.exposure && computed.level === recorded.level) return
        found.push({
          ...measuredAt(['platforms', id, ...path]),
          message: `${recorded.exposure} ${recorded.level} is recorded, ${computed.exposure} ${computed.level} follows from the settings`,
          fix: `run ${commandFor(context)}`,
          file: 'measured.yaml',
        })
      }
      compare(['before'], run.before, [])
      const options = { directives: catalogue, systemd }
      for (const [stage, recorded] of Object.entries(run.stages)) {
        const text = renderDropIn(profile, { ...options, stage: stage as Stage })
        compare(['stages', stage], recorded, [text])
      }
      const after = renderDropIn(profile, options)
      compare(['after'], run.after, profile.directives ? [after] : [])
      for (const [name, recorded] of Object.entries(run.options ?? {})) {
        if (!profile.options?.[name]) continue
        compare(['options', name], recorded, [after, renderOption(profile, name, options)])
      }
    }
    return found
  },
}
