import { formatTenths, mostOf } from './level.ts'
import type { NextSteps, Step } from './next.ts'
import type { Row, UnitScore } from './rows.ts'

/** What is open, what it costs and what closing it wins, for people; the greatest gain first. */
export function formatReport(
  title: string,
  score: UnitScore,
  next: NextSteps,
  goal: string,
): string {
  const head = `${title}: ${score.exposure} ${score.level}`
  const steps = next.steps.map((step) => stepLine(step, score))
  const closed = new Set(next.steps.flatMap(({ closes }) => closes))
  const rest = score.rows
    .filter(({ field, exposure }) => exposure !== null && !closed.has(field))
    .map((row) => ['', '', costOf([row], score), row.name, row.description])
  if (steps.length + rest.length === 0) return `${head}\nnothing is open\n`
  const table = columns([['WINS', 'THEN', 'COSTS', 'SETTING', 'OPEN'], ...steps, ...rest])
  return [head, '', ...table, '', ...wayLines(score, next, goal)].join('\n') + '\n'
}

/** The level that is worth aiming at. */
export function nextGoal(tenths: number): string {
  return tenths > mostOf('OK') ? 'OK' : 'SAFE'
}

function stepLine(step: Step, score: UnitScore): string[] {
  const rows = score.rows.filter(({ field }) => step.closes.includes(field))
  const own = ({ field }: Row) => (field.startsWith(step.directive) ? 1 : 0)
  rows.sort((a, b) => own(b) - own(a) || pointsOf(b) - pointsOf(a))
  const more = rows.length > 1 ? `, and ${rows.length - 1} more` : ''
  const open = (rows[0]?.description ?? '') + more
  const [first = '', ...rest] = step.lines.filter(
    (line) => !line.endsWith('=') || step.lines.length === 1,
  )
  const values = rest.map((line) => `, then ${line.slice(line.indexOf('=') + 1)}`)
  const gain = formatTenths(Math.max(0, step.gain))
  return [gain, step.exposure, costOf(rows, score), first + values.join(''), open]
}

function pointsOf({ badness, weight, range }: Row): number {
  return ((badness ?? 0) * weight) / range
}

function costOf(rows: Row[], score: UnitScore): string {
  const points = rows.reduce((sum, row) => sum + pointsOf(row), 0)
  return formatTenths(Math.ceil((points * 100) / score.worst))
}

function columns(lines: string[][]): string[] {
  const widths = lines[0]!.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)))
  return lines.map((line) =>
    line
      .map((cell, at) => (at < 3 ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd(),
  )
}

function wayLines(score: UnitScore, { path, reached }: NextSteps, goal: string): string[] {
  if (!reached) return [`${goal} cannot be reached with these settings`]
  if (path.length === 0) return []
  const way = path.map(({ directive, exposure }) => `${directive} (${exposure})`).join(', ')
  return [
    `from ${score.level} to ${goal} in ${path.length === 1 ? 'one step' : `${path.length} steps`}: ${way}`,
  ]
}
