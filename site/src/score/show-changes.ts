import { formatTenths } from '../../../scripts/core/score/level.ts'
import { fromTemplate } from '../rendering/template.ts'
import { count } from '../wording/text.ts'
import type { Change, Comparison } from './compare.ts'

const section = document.querySelector<HTMLElement>('[data-changes]')!

export function showChanges(comparison: Comparison | undefined) {
  section.hidden = !comparison
  if (!comparison) return
  const { changes } = comparison
  section.querySelector<HTMLElement>('[data-no-changes]')!.hidden = changes.length > 0
  section.querySelector('table')!.hidden = changes.length === 0
  section.querySelector('tbody')!.replaceChildren(...changes.map(changeRow))
}

function changeRow({ section, key, gone, come, won, exposure, rows }: Change) {
  const counts = rows.length > 0
  return fromTemplate('change', {
    key: section === 'Service' ? key : `[${section}] ${key}`,
    rows: counts ? `moves ${count(rows.length, 'row')}` : 'not looked at by the score',
    gone: written(gone),
    come: written(come),
    won: counts ? signed(won) : '–',
    then: counts ? exposure : '–',
  })
}

/** Nothing is a dash; a line that sets nothing says so. */
function written(values: string[]): string {
  return values.length === 0 ? '–' : values.map((value) => value || '(nothing)').join('\n')
}

/** What was won as people read it: less exposure is a minus. */
function signed(tenths: number): string {
  if (tenths === 0) return '<0.1'
  return `${tenths > 0 ? '−' : '+'}${formatTenths(Math.abs(tenths))}`
}
