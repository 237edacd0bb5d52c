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
    const row = /^([✓✗ ]) (\S+=\S*)/u.exec(line)
    if (!row) continue
    const exposure = / (\d+\.\d)$/.exec(line.trimEnd())?.[1] ?? null
    marks.set(row[2]!, mark({ set: sets[row[1]!]!, exposure }))
  }
  const rows = tablesOf(systemd).rows.map(({ name }) => {
    const found = marks.get(name) ?? 'missing'
    marks.delete(name)
    return found
  })
  return [total[1], total[2], ...rows, ...marks.keys()].join(' ')
}

/** The lines of several units asked about in one call: a table each, none for a unit that systemd refuses. */
export function readAnswers(printed: string, names: string[], systemd: number | string): string[] {
  const tables = new Map<string, string>()
  for (const [table, name] of printed.matchAll(
    /[^]*?^.*Overall exposure level for (.*): \d.*\n/gmu,
  ))
    tables.set(withoutInstance(name!), table)
  return names.map((name) => readAnswer(tables.get(withoutInstance(name)) ?? '', systemd))
}

/** systemd gives a template the instance that it likes. */
function withoutInstance(name: string): string {
  const at = name.indexOf('@')
  return at < 0 ? name : name.slice(0, at + 1)
}

/** A unit a line, with each answer and which versions gave it, live or offline. */
export function recordText(records: Recorded[]): string {
  const units = new Map<string, Map<string, string[]>>()
  for (const { name, unit, dropins, systemd, offline, answer } of records) {
    const key = JSON.stringify({ name, unit, dropins })
    const answers = units.get(key) ?? new Map<string, string[]>()
    units.set(key, answers)
    const by = answers.get(answer) ?? []
    answers.set(answer, [...by, `${systemd} ${offline ? 'offline' : 'live'}`])
  }
  const lines = [...units].map(([key, answers]) =>
    JSON.stringify({ ...(JSON.parse(key) as UnitInput), answers: Object.fromEntries(answers) }),
  )
  return lines.map((line) => `${line}\n`).join('')
}

/** The way back. */
export function readRecords(text: string): Recorded[] {
  return text.split('\n').flatMap((line) => {
    if (line === '') return []
    const { answers, ...unit } = JSON.parse(line) as UnitInput & {
      answers: Record<string, string[]>
    }
    return Object.entries(answers).flatMap(([answer, by]) =>
      by.map((asked) => {
        const [systemd = '', mode] = asked.split(' ')
        return { ...unit, systemd, offline: mode === 'offline', answer }
      }),
    )
  })
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
