import { levelOf } from '../../../scripts/core/score/level.ts'

export interface Result {
  before: string
  /** The exposure with what is chosen; absent where nobody knows it. */
  after?: string | undefined
  /** True where exactly this was run, not only computed. */
  measured: boolean
  label: string
}

/** What the choice comes to, in one sentence, and how it is known. */
export function resultText({ before, after, measured, label }: Result): string {
  if (after === undefined) return `This combination was neither measured nor computed.`
  const way = `Exposure ${said(before)} → ${said(after)}`
  return measured
    ? `${way}, measured on ${label} with every check.`
    : `${way}, computed for ${label}: these were tried one by one, not together.`
}

function said(exposure: string): string {
  return `${exposure} ${levelOf(Math.round(Number(exposure) * 10))}`
}

/** What `scoresOf` wrote, for one set of options. */
export function readScore(scores: string, mask: number): string | undefined {
  const found = scores.split(' ').find((score) => score.startsWith(`${mask}:`))
  return found?.slice(found.indexOf(':') + 1)
}

/** Sets of options as numbers: the first is 1, the second 2, the third 4. */
export function maskOf(chosen: string[], options: string[]): number {
  return options.reduce((mask, name, at) => mask + (chosen.includes(name) ? 2 ** at : 0), 0)
}
