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

const rules = new WeakMap<Tables, { info: RowInfo; rule: Badness }[]>()

function rulesOf(tables: Tables) {
  let found = rules.get(tables)
  if (!found) {
    found = tables.rows.map((info) => ({ info, rule: badnessOf(info.field) }))
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
    const { info, rule } = found[index]!
    const badness = rule(view)
    badnesses[index] = badness
    if (badness === null) continue
    worst += info.weight
    points += Math.ceil((badness * info.weight) / info.range)
  }
  const tenths = Math.ceil((points * 100) / worst)
  const rows = found.map(({ info }, index) => rowOf(info, badnesses[index]!, worst))
  return { exposure: formatTenths(tenths), tenths, level: levelOf(tenths), points, worst, rows }
}

const known = new WeakMap<RowInfo, Map<number, Row>>()

/** There are four sums of weights at most, so each row's outcomes are soon all known; units share them. */
function rowOf(info: RowInfo, badness: number | null, worst: number): Row {
  let outcomes = known.get(info)
  if (!outcomes) known.set(info, (outcomes = new Map()))
  const key = worst * 16 + (badness ?? 15)
  let row = outcomes.get(key)
  if (!row) outcomes.set(key, (row = Object.freeze(makeRow(info, badness, worst))))
  return row
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
