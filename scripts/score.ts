import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { answerLine } from './core/score/batch.ts'
import { splitCat, type UnitTexts } from './core/score/cat.ts'
import {
  defaultSystemd,
  loadAllTables,
  loadTables,
  nextSteps,
  parseUnit,
  ScoreError,
  scoreUnit,
  systemdVersions,
  unusedDropIns,
  type Note,
} from './core/score/index.ts'
import { formatReport, nextGoal } from './core/score/report.ts'
import { decodeText } from './core/score/text-bytes.ts'
import { runCommand, UsageError } from './usage.ts'

const usage = `usage: npm run -s score -- UNIT-FILE [DROP-IN...] [--systemd ${systemdVersions.join('|')}] [--offline] [--json] [--threshold N]
       npm run -s score -- --batch < REQUESTS
UNIT-FILE may hold what systemctl cat prints, and - reads it from standard input.
The score is the running manager's; --offline gives that of systemd-analyze security --offline=yes.
--threshold N exits 1 above an exposure of N, as in 4.2; a whole number above 10 counts in tenths.`

await runCommand(usage, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      systemd: { type: 'string', default: defaultSystemd },
      offline: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      batch: { type: 'boolean', default: false },
      threshold: { type: 'string' },
    },
  })
  const { systemd, offline } = values
  if (!systemdVersions.includes(systemd))
    throw new UsageError(
      `there are no tables for systemd ${systemd}; choose one of ${systemdVersions.join(', ')}`,
    )
  const most = values.threshold === undefined ? Infinity : readThreshold(values.threshold)
  if (values.batch) {
    if (positionals.length > 0 || values.json)
      throw new UsageError('--batch reads standard input only, and writes JSON')
    await loadAllTables()
    return answerAll({ systemd, offline }, most)
  }
  const [unitFile, ...dropInFiles] = positionals
  if (unitFile === undefined) throw new UsageError('name a unit file, or - for standard input')
  await loadTables(systemd)
  const unit = { ...readUnit(unitFile, dropInFiles), systemd, offline }
  try {
    const score = scoreUnit(unit)
    const { notes } = parseUnit(unit)
    for (const note of notes) process.stderr.write(`${formatNote(note)}\n`)
    const mode = offline ? 'offline' : 'live'
    const goal = nextGoal(score.tenths)
    const next = nextSteps(unit, { level: goal })
    if (values.json)
      process.stdout.write(
        `${JSON.stringify({ name: unit.name, systemd, mode, ...score, notes, next })}\n`,
      )
    else
      process.stdout.write(
        formatReport(`${unit.name} (systemd ${systemd}, ${mode})`, score, next, goal),
      )
    if (score.tenths <= most) return 0
    process.stderr.write(
      `${unit.name}: ${score.exposure} is above the threshold of ${(most / 10).toFixed(1)}\n`,
    )
  } catch (error) {
    if (!(error instanceof ScoreError)) throw error
    process.stderr.write(`${error.message}\n`)
  }
  return 1
})

function readThreshold(text: string): number {
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || value > 100)
    throw new UsageError(`the threshold ${text} is no exposure; write it like 4.2`)
  return value > 10 ? value : Math.round(value * 10)
}

function readUnit(unitFile: string, dropInFiles: string[]): UnitTexts {
  const text = readText(unitFile)
  const file = basename(unitFile)
  const { name, unit, dropins } = splitCat(text) ?? {
    name: file.endsWith('.service') ? file : 'unit.service',
    unit: text,
    dropins: [],
  }
  const own = dropInFiles.map((path): [string, string] => [path, readText(path)])
  for (const path of unusedDropIns(name, [...dropins, ...own]))
    process.stderr.write(`${path} is not read: systemd takes no drop-in of ${name} from there\n`)
  return { name, unit, dropins: [...dropins, ...own] }
}

function readText(path: string): string {
  try {
    return decodeText(readFileSync(path === '-' ? 0 : path))
  } catch (error) {
    const { code } = error as { code?: string }
    const why =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : code
    throw new UsageError(`${path} cannot be read: ${why}`)
  }
}

function formatNote({ path, line, message, meant }: Note): string {
  return `${path}:${line}: ${message}${meant ? `; did you mean ${meant}?` : ''}`
}

/** Answers as it reads, so that a caller may ask one unit after the other. */
async function answerAll(
  defaults: { systemd: string; offline: boolean },
  most: number,
): Promise<number> {
  let above = false
  let rest = ''
  process.stdout.on('error', () => process.stdin.destroy()) // nobody reads on
  const answer = (lines: string[]): string =>
    lines
      .filter((line) => line.trim() !== '')
      .map((request) => {
        const { line, tenths = 0 } = answerLine(request, defaults)
        above ||= tenths > most
        return `${line}\n`
      })
      .join('')
  for await (const chunk of process.stdin.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    if (!process.stdout.write(answer(lines)))
      await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
  process.stdout.write(answer([rest]))
  return above ? 1 : 0
}
