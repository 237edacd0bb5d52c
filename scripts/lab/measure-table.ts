import type { PlatformRun } from '../core/measured/types.ts'

interface Row {
  id: string
  platform: string
  run?: PlatformRun
  note: string
}

/** What a measurement came to, a line a service and platform, as text with columns. */
export function measureTable(rows: Row[]): string {
  const head = ['service', 'platform', 'before', 'after', 'checks', 'blocked', 'needed', 'seconds']
  const lines = rows
    .toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    .map(({ id, platform, run, note }) => (run ? line(id, platform, run) : [id, platform, note]))
  return aligned([head, ...lines])
}

function line(id: string, platform: string, run: PlatformRun): string[] {
  const attacks = Object.values(run.attacks)
  const open = attacks.filter(({ before }) => before === 'open')
  const blocked = open.filter(({ after }) => after === 'blocked')
  const options = Object.values(run.options ?? {})
  const grants = [...(run.grants ?? []), ...options.flatMap(({ grants }) => grants ?? [])]
  const passing = run.checks.filter(({ after }) => after === 'pass')
  return [
    id,
    platform,
    run.before.exposure,
    run.after.exposure,
    `${passing.length}/${run.checks.length}`,
    `${blocked.length}/${open.length}`,
    run.grants ? `${grants.filter(({ breaks }) => breaks).length}/${grants.length}` : '',
    String(run.seconds),
  ]
}

function aligned(rows: string[][]): string {
  const widths = rows.reduce<number[]>(
    (all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, row.length > 3 ? cell.length : 0)),
    [],
  )
  const text = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '))
  return text.map((line) => `${line.trimEnd()}\n`).join('')
}
