import type { Row, UnitScore } from '../../../scripts/core/score/index.ts'
import { fromTemplate } from '../rendering/template.ts'

const section = document.querySelector<HTMLElement>('[data-rows]')!

/** Every row, the costliest first. */
export function showRows(score: UnitScore | undefined) {
  section.hidden = !score
  const rows = score?.rows ?? []
  const cost = ({ badness, weight, range }: Row) => ((badness ?? 0) * weight) / range
  fill(
    'open',
    rows.filter(({ set }) => set === false).toSorted((a, b) => cost(b) - cost(a)),
  )
  fill(
    'closed',
    rows.filter(({ set }) => set === true),
  )
  fill(
    'uncounted',
    rows.filter(({ set }) => set === null),
  )
}

function fill(name: string, rows: Row[]) {
  const group = section.querySelector<HTMLElement>(`[data-group="${name}"]`)!
  group.hidden = rows.length === 0
  group.querySelector('[data-count]')!.textContent = String(rows.length)
  group
    .querySelector('tbody')!
    .replaceChildren(
      ...rows.map(({ name, description, exposure }) =>
        fromTemplate('row', { name, description, exposure: exposure ?? '–' }),
      ),
    )
}
