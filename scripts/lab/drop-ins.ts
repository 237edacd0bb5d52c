import { renderDirectives, renderDropIn, renderOption } from '../core/profile/render.ts'
import type { Directives, Stage } from '../core/profile/types.ts'
import { stages } from '../core/profile/types.ts'
import type { Subject } from './subject.ts'

/** Drop-ins of a subject, as a reader of its platform gets them. */
export function dropInsFor({ profile, catalogue, platform }: Subject) {
  const how = { directives: catalogue, systemd: Number(platform.systemd) }
  return {
    full: renderDropIn(profile, how),
    stage: (stage: Stage) => renderDropIn(profile, { ...how, stage }),
    /** A stage of other directives than the profile has. */
    changedStage: (stage: Stage, directives: Directives) =>
      renderDropIn({ ...profile, directives }, { ...how, stage }),
    option: (name: string) => renderOption(profile, name, how),
    experiment: (directives: Directives) => renderDirectives(directives, how),
    /** An option with other directives than it has. */
    changedOption: (name: string, directives: Directives) => {
      const option = profile.options?.[name]
      if (!option) throw new RangeError(`${profile.id} has no option ${name}`)
      const options = { [name]: { ...option, directives } }
      return renderOption({ ...profile, options }, name, how)
    },
  }
}

/** The stages that a profile sets anything in. */
export function usedStages({ profile, catalogue }: Subject): Stage[] {
  const used = new Set(Object.keys(profile.directives ?? {}).map((name) => catalogue[name]?.stage))
  return stages.filter((stage) => used.has(stage))
}
