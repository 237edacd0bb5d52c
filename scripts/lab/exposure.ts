import type { Score } from '../core/measured/types.ts'
import type { UnitScore } from '../core/score/index.ts'

/** A row of `systemd-analyze security`: whether it is set, and what it adds. */
type Row = [set: boolean | null, exposure: string | null]

/** What the live manager says of a unit. */
export interface Exposure extends Score {
  rows: Record<string, Row>
}

/** Reads the closing line of `systemd-analyze security` and the rows of its `--json=short`. */
export function parseExposure(text: string, json: string): Exposure | undefined {
  const found = /Overall exposure level for .*: (\d+\.\d) ([A-Z]+)/.exec(text)
  if (!found?.[1] || !found[2]) return undefined
  return { exposure: found[1], level: found[2], rows: parseRows(json) }
}

interface JsonRow {
  json_field: string
  set: boolean | null
  exposure: string | null
}

function parseRows(json: string): Exposure['rows'] {
  const start = json.indexOf('[')
  if (start < 0) return {}
  const rows = JSON.parse(json.slice(start)) as JsonRow[]
  return Object.fromEntries(
    rows.map(({ json_field, set, exposure }) => [json_field, [set, exposure]]),
  )
}

/** Where the project's scorer says otherwise than systemd, row by row. */
export function differences(theirs: Exposure, ours: UnitScore): string[] {
  const found: string[] = []
  const own = new Map(ours.rows.map(({ field, set, exposure }) => [field, [set, exposure]]))
  for (const [field, row] of Object.entries(theirs.rows)) {
    const mine = own.get(field)
    if (!mine) found.push(`${field}: systemd has this row, the scorer does not`)
    else if (mine[0] !== row[0] || mine[1] !== row[1]) {
      found.push(`${field}: systemd says ${words(row)}, the scorer ${words(mine as Row)}`)
    }
    own.delete(field)
  }
  for (const field of own.keys()) found.push(`${field}: the scorer has this row, systemd does not`)
  if (theirs.exposure !== ours.exposure || theirs.level !== ours.level) {
    found.push(
      `exposure: systemd says ${theirs.exposure} ${theirs.level}, the scorer ${ours.exposure} ${ours.level}`,
    )
  }
  return found
}

function words([set, exposure]: Row): string {
  return `${set === null ? 'not counted' : set ? 'set' : 'open'}${exposure === null ? '' : ` ${exposure}`}`
}
