import { stages } from '../../../scripts/core/profile/types.ts'
import type { PlatformRun } from '../../../scripts/core/measured/types.ts'
import { stageNames } from '../wording/stages.ts'

/** One bar of the picture: what is left after a step, and what the step won. */
export interface Step {
  kind: 'before' | 'stage' | 'after'
  label: string
  exposure: string
  level: string
  /** The exposure of the step before. */
  from: string
  /** How much the step won, as people read it; empty where nothing changed or for the first bar. */
  won: string
}

/** The way down: as packaged, each stage, the last of them being the whole drop-in. */
export function stepsOf(run: PlatformRun): Step[] {
  const used = stages.filter((stage) => run.stages[stage])
  const rows = [
    { kind: 'before' as const, label: 'As packaged', score: run.before },
    ...used.slice(0, -1).map((stage) => ({
      kind: 'stage' as const,
      label: stageNames[stage],
      score: run.stages[stage]!,
    })),
    {
      kind: 'after' as const,
      label: used.length > 0 ? `${stageNames[used.at(-1)!]}: the whole drop-in` : 'The drop-in',
      score: run.after,
    },
  ]
  return rows.map(({ kind, label, score }, index) => {
    const from = rows[index - 1]?.score.exposure ?? score.exposure
    const tenths = Math.round(Number(from) * 10) - Math.round(Number(score.exposure) * 10)
    return { kind, label, ...score, from, won: tenths === 0 ? '' : signed(-tenths) }
  })
}

/** What a screen reader says in place of the picture. */
export function describeSteps(steps: Step[]): string {
  return steps.map(({ label, exposure, level }) => `${label}: ${exposure} ${level}.`).join(' ')
}

function signed(tenths: number): string {
  return `${tenths < 0 ? '−' : '+'}${(Math.abs(tenths) / 10).toFixed(1)}`
}
