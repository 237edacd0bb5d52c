import type { PlatformRun } from '../../../scripts/core/measured/types.ts'
import { renderDropIn, renderOption } from '../../../scripts/core/profile/render.ts'
import type { DirectiveInfo, Profile, Stage } from '../../../scripts/core/profile/types.ts'
import { loadTables, scoreSettings } from '../../../scripts/core/score/index.ts'

/** With more options than that, all their combinations would be too many: no more than two at a time, then. */
const most = 6

/**
 * The exposure of a stage with each set of options, by the number of `maskOf`: measured where it was, else computed by the
 * scorer from what the package sets. As `0:9.6 1:9.4`, for an attribute.
 */
export async function scoresOf(
  profile: Profile,
  run: PlatformRun,
  stage: Stage,
  { directives, isLast }: { directives: Record<string, DirectiveInfo>; isLast: boolean },
): Promise<string> {
  await loadTables(run.systemd)
  const options = Object.keys(profile.options ?? {})
  const how = { directives, systemd: Number(run.systemd) }
  const base = renderDropIn(profile, { ...how, stage })
  const texts = options.map((name) => renderOption(profile, name, how))
  const exposureOf = (mask: number) => {
    if (mask === 0) return run.stages[stage]?.exposure ?? run.after.exposure
    const chosen = options.filter((_, at) => mask & (1 << at))
    const measured = isLast && chosen.length === 1 ? run.options?.[chosen[0]!] : undefined
    if (measured) return measured.exposure
    // systemd reads drop-ins by name.
    const added = chosen.toSorted().map((name) => texts[options.indexOf(name)]!)
    const dropIns = [base, ...added]
    return scoreSettings(run.vendor, run.systemd, { dropIns, name: run.unit }).exposure
  }
  return masks(options.length)
    .map((mask) => `${mask}:${exposureOf(mask)}`)
    .join(' ')
}

function masks(options: number): number[] {
  if (options <= most) return Array.from({ length: 2 ** options }, (_, mask) => mask)
  const one = Array.from({ length: options }, (_, at) => 2 ** at)
  const two = one.flatMap((a) => one.filter((b) => b > a).map((b) => a + b))
  return [0, ...one, ...two]
}
