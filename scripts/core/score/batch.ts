import { ScoreError, scoreUnit } from './index.ts'
import type { Row } from './rows.ts'

export interface BatchDefaults {
  systemd: string
  offline: boolean
}

export interface BatchAnswer {
  line: string
  /** Undefined where the unit has no score. */
  tenths?: number
}

/** Answers one line of `score --batch`: JSON in, JSON out, never an exception. */
export function answerLine(line: string, defaults: BatchDefaults): BatchAnswer {
  try {
    const { tenths, exposure, level, rows } = scoreUnit(readRequest(line, defaults))
    return {
      tenths,
      line: JSON.stringify({ exposure, level, rows: Object.fromEntries(rows.map(pair)) }),
    }
  } catch (error) {
    if (!(error instanceof ScoreError)) throw error
    return { line: JSON.stringify({ error: error.message }) }
  }
}

function pair({ field, set, exposure }: Row): [string, [boolean | null, string | null]] {
  return [field, [set, exposure]]
}

function readRequest(line: string, defaults: BatchDefaults) {
  const request = parseObject(line)
  const {
    name = 'unit.service',
    unit,
    dropins = [],
    systemd = defaults.systemd,
    offline = defaults.offline,
  } = request
  if (typeof name !== 'string' || typeof unit !== 'string')
    throw new ScoreError('name and unit are texts')
  if (typeof systemd !== 'string' && typeof systemd !== 'number')
    throw new ScoreError('systemd is a version, as in "257"')
  if (typeof offline !== 'boolean') throw new ScoreError('offline is true or false')
  if (!Array.isArray(dropins) || !dropins.every(isDropIn))
    throw new ScoreError('dropins is a list of pairs of path and text')
  return { name, unit, dropins, systemd: String(systemd), offline }
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new ScoreError('the line is no JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ScoreError('the line is no JSON object')
  return value as Record<string, unknown>
}

function isDropIn(value: unknown): value is [string, string] {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((part: unknown) => typeof part === 'string')
  )
}
