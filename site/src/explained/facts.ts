import type { PlatformRun } from '../../../scripts/core/measured/types.ts'
import { renderDropIn } from '../../../scripts/core/profile/render.ts'
import type { Attack, DirectiveInfo, Profile } from '../../../scripts/core/profile/types.ts'
import type { Catalogue } from '../../../scripts/core/profile/values.ts'
import { itemsOf } from '../../../scripts/core/profile/values.ts'
import { loadTables, scoreSettings } from '../../../scripts/core/score/index.ts'

/** What a line of the drop-in is worth, each as a sentence's end. */
export interface LineFacts {
  /** Titles of the attacks that it is there for. */
  stops: string[]
  since: string
  /** Absent where nothing was measured. */
  share?: string
}

interface Known {
  profile: Profile
  run: PlatformRun | undefined
  attacks: Record<string, Attack>
  catalogue: Catalogue
}

/** The facts of every directive that a profile sets. */
export async function factsOf(known: Known): Promise<Record<string, LineFacts>> {
  const { profile, run, attacks, catalogue } = known
  const shares = run ? await sharesOf(profile, run, catalogue) : {}
  return Object.fromEntries(
    Object.entries(profile.directives ?? {}).flatMap(([directive, value]) => {
      const info = catalogue[directive]
      if (!info) return []
      const facts = {
        stops: stopsOf(directive, attacks, run),
        since: sinceOf(info, itemsOf(value)),
        ...(shares[directive] && { share: shares[directive] }),
      }
      return [[directive, facts]]
    }),
  )
}

/** Once measured: only what got through before and was refused after. */
function stopsOf(
  directive: string,
  attacks: Record<string, Attack>,
  run: PlatformRun | undefined,
): string[] {
  return Object.entries(attacks)
    .filter(([id, { stoppedBy }]) => {
      const result = run?.attacks[id]
      const seen = !run || (result?.before === 'open' && result.after === 'blocked')
      return seen && stoppedBy.includes(directive)
    })
    .map(([, { title }]) => title)
}

export function sinceOf({ since, valuesSince = {} }: DirectiveInfo, items: string[]): string {
  const later = items.filter((item) => Object.hasOwn(valuesSince, item))
  // The catalogue writes 183 where the manual names no version before it.
  const all = since > 183 ? `systemd ${since} and later` : 'every systemd in use'
  return [all, ...later.map((item) => `${item} since ${valuesSince[item]}`)].join(', ')
}

/** How much worse the score would be with one directive less, on what the package sets. */
async function sharesOf(profile: Profile, run: PlatformRun, catalogue: Catalogue) {
  await loadTables(run.systemd)
  const set = profile.directives ?? {}
  const scoreOf = (directives: typeof set) => {
    const how = { directives: catalogue, systemd: Number(run.systemd) }
    const text = renderDropIn({ ...profile, directives }, how)
    return scoreSettings(run.vendor, run.systemd, { dropIns: [text], name: run.unit })
  }
  const whole = scoreOf(set)
  return Object.fromEntries(
    Object.keys(set).map((directive) => {
      const { [directive]: _, ...rest } = set
      const without = scoreOf(rest)
      const gain = without.tenths - whole.tenths
      const isSeen = (catalogue[directive]?.rows.length ?? 0) > 0
      if (!isSeen) return [directive, 'none, the score does not look at it']
      if (gain <= 0) return [directive, 'less than 0.1 by itself']
      return [directive, `${(gain / 10).toFixed(1)}, without it ${without.exposure}`]
    }),
  )
}
