import { ScoreError, scoreUnit, type UnitInput } from './index.ts'
import type { Row } from './rows.ts'
import { tablesOf } from './tables.ts'

/** A unit with what systemd itself answered. */
export interface Recorded extends UnitInput {
  systemd: string
  offline: boolean
  answer: string
}

/**
 * An answer in one line, for comparing and keeping: exposure and level, then for each row of the table, in its order,
 * `+` where nothing is open, `-` where it does not count, else what it costs. `refused` where there is no score.
 */
export function ourAnswer(input: UnitInput & { offline?: boolean | undefined }): string {
  try {
    const { exposure, level, rows } = scoreUnit(input)
    return [exposure, level, ...rows.map(mark)].join(' ')
  } catch (error) {
    if (error instanceof ScoreError) return 'refused'
    throw error
  }
}

/** The same line from what `systemd-analyze security UNIT` prints, by the printed names of its rows. */
export function readAnswer(printed: string, systemd: number | string): string {
  const total = /Overall exposure level for .*: (\d+\.\d) ([A-Z]+)/.exec(printed)
  if (!total) return 'refused'
  const marks = new Map<string, string>()
  for (const line of printed.split('\n')) {
    const row = /^([✓✗ ]) (\S+=\S*)(?: .*?)?(?: +(\d+\.\d))?\s*$/u.exec(line)
    if (row) marks.set(row[2]!, mark({ set: sets[row[1]!]!, exposure: row[3] ?? null }))
  }
  const rows = tablesOf(systemd).rows.map(({ name }) => {
    const found = marks.get(name) ?? 'missing'
    marks.delete(name)
    return found
  })
  return [total[1], total[2], ...rows, ...marks.keys()].join(' ')
}

const sets: Record<string, boolean | null> = { '✓': true, '✗': false, ' ': null }

function mark({ set, exposure }: Pick<Row, 'set' | 'exposure'>): string {
  if (set === null) return '-'
  return set ? '+' : (exposure ?? 'open')
}

/** Where two answers part, in words. */
export function answerDifferences(
  theirs: string,
  ours: string,
  systemd: number | string,
): string[] {
  if (theirs === ours) return []
  if (theirs === 'refused' || ours === 'refused')
    return [`systemd says ${theirs}, the scorer ${ours}`]
  const [left, right] = [theirs.split(' '), ours.split(' ')]
  const names = ['exposure', 'level', ...tablesOf(systemd).rows.map(({ name }) => name)]
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => index)
    .filter((index) => left[index] !== right[index])
    .map(
      (index) =>
        `${names[index] ?? 'a row'}: systemd says ${left[index]}, the scorer ${right[index]}`,
    )
}
