import { levels } from '../../../../scripts/core/score/level.ts'
import type { Entry, SiteData } from '../../registry.ts'
import { sorts } from '../../search/facets.ts'
import type { Advice } from '../../search/facets.ts'
import { headline, runsOf } from '../../wording/runs.ts'

/** One choice above the list. */
export interface Facet {
  name: string
  label: string
  options: { value: string; text: string }[]
}

const adviceNames: Record<Advice, string> = {
  harden: 'harden it',
  packaged: 'hardened by its package',
  skip: 'leave it alone',
}

/** Below this, systemd itself calls a unit OK. */
const okay = 5

export function adviceOf({ profile, measured }: Entry, { platforms }: SiteData): Advice {
  if (profile.advice === 'skip') return 'skip'
  const [first] = runsOf(measured, platforms)
  return first && Number(first.run.before.exposure) < okay ? 'packaged' : 'harden'
}

/** Only choices that at least one entry answers to. */
export function facetsOf(data: SiteData): Facet[] {
  const { entries, platforms } = data
  const categories = new Set(entries.map(({ profile }) => profile.category))
  const after = new Set(entries.map((entry) => headline(entry, platforms)?.after?.level))
  const advised = new Set(entries.map((entry) => adviceOf(entry, data)))
  const measured = new Set(entries.flatMap((entry) => Object.keys(entry.measured?.platforms ?? {})))
  const same = (value: string) => ({ value, text: value })
  const any = (text: string) => ({ value: '', text })
  return [
    {
      name: 'category',
      label: 'Category',
      options: [any('any'), ...[...categories].toSorted().map(same)],
    },
    {
      name: 'level',
      label: 'Level after',
      options: [any('any'), ...levels.filter((level) => after.has(level)).map(same)],
    },
    {
      name: 'platform',
      label: 'Measured on',
      options: [
        any('any'),
        ...platforms
          .filter(({ id }) => measured.has(id))
          .map(({ id, label }) => ({ value: id, text: label })),
      ],
    },
    {
      name: 'advice',
      label: 'Advice',
      options: [
        any('any'),
        ...Object.entries(adviceNames)
          .filter(([value]) => advised.has(value as Advice))
          .map(([value, text]) => ({ value, text })),
      ],
    },
    {
      name: 'sort',
      label: 'Order',
      options: Object.entries(sorts).map(([value, text]) => ({ value, text })),
    },
  ]
}
