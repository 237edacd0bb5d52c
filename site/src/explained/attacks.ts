import type { Attack } from '../../../scripts/core/profile/types.ts'
import type { AttackResult, PlatformRun } from '../../../scripts/core/measured/types.ts'

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
