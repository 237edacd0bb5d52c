import { parseUnit, scoreUnit } from '../../../scripts/core/score/index.ts'
import type { Row, UnitInput, UnitScore } from '../../../scripts/core/score/index.ts'
import { formatTenths } from '../../../scripts/core/score/level.ts'
import { strictest } from '../../../scripts/core/score/next.ts'
import type { Setting } from '../../../scripts/core/score/parse.ts'

/** One setting that differs. */
export interface Change {
  section: string
  key: string
  /** Values that are gone, and values that came, each in its order. */
  gone: string[]
  come: string[]
  /** What it takes off, in tenths; negative where it adds. */
  won: number
  /** The exposure with this change and all before it. */
  exposure: string
  /** Rows of the score that it moves, by name. */
  rows: string[]
}

export interface Comparison {
  before: UnitScore
  after: UnitScore
  /** What moves the score comes first, the greatest gain at the top; `won` adds up to the whole difference. */
  changes: Change[]
}

type Keyed = Map<string, Setting[]>

/** What differs between two versions of a unit, and what each difference wins when they are made one after the other. */
export function compareUnits(before: UnitInput, after: UnitInput): Comparison {
  const [from, to] = [keyed(before), keyed(after)]
  const ids = [...new Set([...from.keys(), ...to.keys()])].filter(
    (id) => JSON.stringify(valuesOf(from, id)) !== JSON.stringify(valuesOf(to, id)),
  )
  const score = (settings: Keyed) => scoreUnit({ ...after, ...flat(settings) })
  const start = score(from)
  const alone = new Map(ids.map((id) => [id, pointsWon(start, score(changed(from, to, [id])))]))
  const order = ids.toSorted((a, b) => alone.get(b)! - alone.get(a)!)
  let last = start
  const changes = order.map((id, index): Change => {
    const next = score(changed(from, to, order.slice(0, index + 1)))
    const change = { ...differenceOf(id, from, to), ...winOf(last, next) }
    last = next
    return change
  })
  return {
    before: scoreUnit(before),
    after: scoreUnit(after),
    changes: changes.toSorted((a, b) => Number(b.rows.length > 0) - Number(a.rows.length > 0)),
  }
}

function keyed(unit: UnitInput): Keyed {
  return Map.groupBy(parseUnit(unit).settings, ({ section, key }) => `${section}.${key}`)
}

/** Of a setting that takes one value, the last; of a list, all. */
function valuesOf(settings: Keyed, id: string): string[] {
  const all = settings.get(id) ?? []
  return (isSingle(all[0]?.key) ? all.slice(-1) : all).map(({ value }) => value)
}

const lists = new Set(['CapabilityBoundingSet', 'RestrictNamespaces', 'IPAddressDeny'])
const singles = new Set(['User', 'Group', 'Type', 'Restart', 'WorkingDirectory', 'RootDirectory'])

function isSingle(key = ''): boolean {
  if (lists.has(key)) return false
  const best = Object.hasOwn(strictest, key) ? strictest[key]! : []
  return singles.has(key) || (best.length === 1 && best[0] !== '')
}

/** The first version with some settings as in the second. */
function changed(from: Keyed, to: Keyed, ids: string[]): Keyed {
  const result = new Map(from)
  for (const id of ids) {
    result.delete(id)
    if (to.has(id)) result.set(id, to.get(id)!)
  }
  return result
}

/** A unit in one file; the order among different settings does not count. */
function flat(settings: Keyed): Pick<UnitInput, 'unit' | 'dropins'> {
  const lines = [...settings.values()]
    .flat()
    .flatMap(({ section, key, value }) => [`[${section}]`, `${key}=${value}`])
  return { unit: `${lines.join('\n')}\n`, dropins: [] }
}

function differenceOf(id: string, from: Keyed, to: Keyed) {
  const { section, key } = (to.get(id) ?? from.get(id)!)[0]!
  const [old, fresh] = [valuesOf(from, id), valuesOf(to, id)]
  return { section, key, gone: without(old, fresh), come: without(fresh, old) }
}

function without(values: string[], others: string[]): string[] {
  const left = [...others]
  return values.filter((value) => {
    const at = left.indexOf(value)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

function winOf(before: UnitScore, after: UnitScore) {
  const rows = after.rows.filter((row, index) => moved(row, before.rows[index]))
  return {
    won: before.tenths - after.tenths,
    exposure: formatTenths(after.tenths),
    rows: rows.map(({ name }) => name),
  }
}

function moved(row: Row, other: Row | undefined): boolean {
  return row.badness !== other?.badness
}

/** Finer than tenths, so that small steps have an order too. */
function pointsWon(before: UnitScore, after: UnitScore): number {
  return before.points / before.worst - after.points / after.worst
}
