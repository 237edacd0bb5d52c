import { badnessOf, type Badness, type View } from './badness.ts'
import { formatTenths, levelOf } from './level.ts'
import type { RowInfo, Tables } from './tables.ts'

export interface Row {
  field: string
  name: string
  /** True where nothing is open, null where the row does not count. */
  set: boolean | null
  /** This row's part, as systemd prints it; null where nothing is open. */
  exposure: string | null
  weight: number
  badness: number | null
  range: number
  description: string
}

export interface UnitScore {
  /** As systemd prints it, with one decimal. */
  exposure: string
  tenths: number
  level: string
  /** Weighted badness and the most that it could be: the exposure is 100 times their quotient, rounded up. */
  points: number
  worst: number
  rows: readonly Readonly<Row>[]
}

interface Rule {
  info: RowInfo
  badness: Badness
  /** The rows that came of it so far, by the sum of weights, of which there are four, and by the badness. */
  outcomes: Map<number, Row[]>
}

const rules = new WeakMap<Tables, Rule[]>()

function rulesOf(tables: Tables): Rule[] {
  let found = rules.get(tables)
  if (!found) {
    found = tables.rows.map((info) => ({
      info,
      badness: badnessOf(info.field),
      outcomes: new Map<number, Row[]>(),
    }))
    rules.set(tables, found)
  }
  return found
}

/** All arithmetic is in whole numbers, rounded up, as in systemd. */
export function scoreRows(view: View, tables: Tables): UnitScore {
  const found = rulesOf(tables)
  const badnesses = new Array<number | null>(found.length)
  let points = 0
  let worst = 0
  for (let index = 0; index < found.length; index++) {
    const { info, badness: rule } = found[index]!
    const badness = rule(view)
    badnesses[index] = badness
    if (badness === null) continue
    worst += info.weight
    points += Math.ceil((badness * info.weight) / info.range)
  }
  const tenths = Math.ceil((points * 100) / worst)
  const rows = found.map((rule, index) => rowOf(rule, badnesses[index]!, worst))
  return { exposure: formatTenths(tenths), tenths, level: levelOf(tenths), points, worst, rows }
}

/** Units share what is the same for both. */
function rowOf({ info, outcomes }: Rule, badness: number | null, worst: number): Row {
  let known = outcomes.get(worst)
  if (!known) outcomes.set(worst, (known = []))
  return (known[badness ?? info.range + 1] ??= Object.freeze(makeRow(info, badness, worst)))
}

function makeRow(info: RowInfo, badness: number | null, worst: number): Row {
  const { field, name, weight, range } = info
  const part = Math.ceil(Math.ceil(((badness ?? 0) * weight * 100) / range) / worst)
  return {
    field,
    name,
    set: badness === null ? null : badness === 0,
    exposure: badness ? formatTenths(part) : null,
    weight,
    badness,
    range,
    description: descriptionOf(info, badness),
  }
}

function descriptionOf({ good, partly, bad, range, na }: RowInfo, badness: number | null): string {
  if (badness === null)
    return na === 'root'
      ? 'Does not count for a unit that runs as root'
      : 'Does not count with DefaultDependencies=no'
  if (badness === 0) return good
  return badness === range ? bad : partly
}
