import type { Attack } from '../../../scripts/core/profile/types.ts'
import type { AttackResult, PlatformRun } from '../../../scripts/core/measured/types.ts'
import type { LabelledRun } from '../wording/runs.ts'

export interface AttackRow extends AttackResult {
  title: string
  what: string
}

/** What still gets through first, then what the drop-in stops, then the rest; in the attacks' own order. */
export function attackRows(run: PlatformRun, attacks: Record<string, Attack>): AttackRow[] {
  const rows = Object.entries(attacks).flatMap(([id, { title, what }]) => {
    const result = run.attacks[id]
    return result ? [{ title, what, ...result }] : []
  })
  return rows.toSorted((a, b) => weight(a) - weight(b))
}

function weight({ before, after }: AttackResult): number {
  if (after === 'open') return 0
  if (before === 'absent') return 3
  return before === 'open' ? 1 : 2
}

/** Where another platform ends otherwise than the first, as sentences. */
export function otherwise([first, ...others]: LabelledRun[], attacks: Record<string, Attack>) {
  return others.flatMap(({ label, run }) =>
    Object.entries(attacks).flatMap(([id, { title }]) => {
      const [here, there] = [first?.run.attacks[id], run.attacks[id]]
      if (!here || !there || (here.before === there.before && here.after === there.after)) return []
      return [`On ${label}: ${title.toLowerCase()}, ${there.before} before, ${there.after} after.`]
    }),
  )
}
