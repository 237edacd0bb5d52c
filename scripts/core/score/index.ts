import { imply } from './imply.ts'
import { loadSettings, loadUnit, type LoadedUnit, type UnitInput } from './load.ts'
import { refusalOf } from './refusal.ts'
import { scoreRows, type UnitScore } from './rows.ts'
import { ScoreError } from './score-error.ts'

export { unusedDropIns } from './drop-ins.ts'
export { levelOf, levels } from './level.ts'
export { nextSteps, type Step } from './next.ts'
export { parseUnit, type ParsedUnit } from './parse.ts'
export { ScoreError } from './score-error.ts'
export { defaultSystemd, loadAllTables, loadTables, systemdVersions } from './tables.ts'
export type { UnitInput } from './load.ts'
export type { Row, UnitScore } from './rows.ts'
export type { Note } from './state.ts'

/**
 * The exposure of a unit as the running manager would have it, or, with `offline`, as
 * `systemd-analyze security --offline=yes` prints it. Throws a ScoreError for a unit that systemd refuses.
 */
export function scoreUnit(input: UnitInput & { offline?: boolean | undefined }): UnitScore {
  const unit = loadUnit(input)
  if (unit.refused)
    throw new ScoreError(`${input.name}:${unit.refused.line}: ${unit.refused.message}`)
  const reason = refusalOf(unit.state, unit.env.systemd)
  if (reason) throw new ScoreError(`systemd refuses ${input.name}: ${reason}`)
  return scoreLoaded(unit, !input.offline)
}

/**
 * The live exposure of settings as measured.yaml records them (`Key=value` of [Service], `Unit.Key=value`
 * of [Unit]), followed by the texts of drop-ins in order.
 */
export function scoreSettings(
  settings: string[],
  systemd: number | string,
  { dropIns = [], name = 'unit.service' }: { dropIns?: string[]; name?: string } = {},
): UnitScore {
  return scoreLoaded(loadSettings(settings, dropIns, { name, systemd }), true)
}

function scoreLoaded({ state, env }: LoadedUnit, live: boolean): UnitScore {
  imply(state, env.name, env.systemd)
  const view = { state, systemd: env.systemd, assessed: env.tables.assessed, live }
  return scoreRows(view, env.tables)
}
