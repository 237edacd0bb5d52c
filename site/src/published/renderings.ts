import { neededVersion, renderDropIn, renderOption } from '../../../scripts/core/profile/render.ts'
import { stages } from '../../../scripts/core/profile/types.ts'
import type { Directives, Profile, Stage } from '../../../scripts/core/profile/types.ts'
import type { Catalogue } from '../../../scripts/core/profile/values.ts'
import type { Entry } from '../../../scripts/registry.ts'

/** A drop-in in one of its renderings. */
export interface Rendering {
  kind: 'main' | 'option' | 'stage'
  name: string
  /** Of the entry's own address. */
  path: string
  text: string
  /** True where the drop-in of that name holds more, for a newer systemd. */
  isOlder: boolean
  /** The oldest systemd that knows everything in it. */
  systemd: number
}

/** The oldest systemd that anything is published for: that of Debian 11, the oldest that the scorer is held against. */
const floor = 247

/** The stages that a profile has directives in. */
export function usedStages({ directives = {} }: Profile, catalogue: Catalogue): Stage[] {
  return stages.filter((stage) =>
    Object.keys(directives).some((name) => catalogue[name]?.stage === stage),
  )
}

/** Every drop-in of an entry, the newest rendering first; older ones only where an older systemd does not know it all. */
export function renderingsOf({ profile }: Entry, catalogue: Catalogue): Rendering[] {
  const { directives, options = {} } = profile
  if (!directives) return []
  const how = { directives: catalogue }
  const main = { kind: 'main' as const, name: 'hardening', path: 'hardening.conf' }
  return [
    ...renderings(main, needsOf(directives, catalogue), (systemd) =>
      renderDropIn(profile, { ...how, systemd }),
    ),
    ...Object.entries(options).flatMap(([name, option]) =>
      renderings(
        { kind: 'option', name, path: `site-${name}.conf` },
        needsOf(option.directives, catalogue),
        (systemd) => renderOption(profile, name, { ...how, systemd }),
      ),
    ),
    ...usedStages(profile, catalogue).flatMap((stage) =>
      renderings(
        { kind: 'stage', name: stage, path: `stages/${stage}.conf` },
        needsOf(directives, catalogue, stage),
        (systemd) => renderDropIn(profile, { ...how, stage, systemd }),
      ),
    ),
  ]
}

function renderings(
  file: Pick<Rendering, 'kind' | 'name' | 'path'>,
  needs: number[],
  render: (systemd?: number) => string,
): Rendering[] {
  const [newest = 0, ...older] = needs
  const wanted = older.filter((_, index) => needs[index]! > floor)
  return [
    { ...file, text: render(), isOlder: false, systemd: newest },
    ...wanted.map((systemd) => ({
      ...file,
      path: `systemd-${systemd}/${file.path}`,
      text: render(systemd),
      isOlder: true,
      systemd,
    })),
  ]
}

/** The versions at which something of it becomes known, the newest first. */
function needsOf(directives: Directives, catalogue: Catalogue, last?: Stage): number[] {
  const upTo = last ? stages.slice(0, stages.indexOf(last) + 1) : stages
  const needs = Object.entries(directives).flatMap(([name, value]) => {
    const info = catalogue[name]
    return info && upTo.includes(info.stage) ? [neededVersion(info, value)] : []
  })
  return [...new Set(needs)].toSorted((a, b) => b - a)
}
