import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { generateCase } from '../core/score/generate.ts'
import { loadTables, ScoreError, scoreUnit, type UnitInput } from '../core/score/index.ts'
import { renderDropIn } from '../core/profile/render.ts'
import { exec } from '../lab/exec.ts'
import { readRegistry } from '../registry.ts'
import type { Figure, Section } from './figure.ts'
import { medianOf } from './median.ts'

const systemd = '257'
/** Calls before any is timed: optimised code comes late on a busy machine. */
const warmUps = 50_000
const repeats = 200

/** Microseconds to read and score a unit, against a process of systemd-analyze for the same units. */
export const benchScore: Section = async (progress) => {
  await loadTables(systemd)
  const hardened = hardenedUnits()
  const random = Array.from({ length: 300 }, (_, seed) => generateCase(seed)).filter(isScored)
  const figures: Figure[] = [
    {
      what: `score one of ${hardened.length} hardened services, median`,
      value: ours(hardened),
      unit: 'µs',
      bar: 20,
    },
    {
      what: `score one of ${random.length} random units with drop-ins, median`,
      value: ours(random),
      unit: 'µs',
      bar: 20,
    },
  ]
  for (const [index, units] of [hardened, random].entries()) {
    const theirs = await ofSystemd(units.slice(0, 20))
    if (theirs === undefined) progress('there is no systemd-analyze here that works offline')
    else figures[index]!.peers = [{ name: 'systemd-analyze', value: theirs }]
  }
  return figures
}

/** A plain unit with the drop-in of each profile. */
function hardenedUnits(): UnitInput[] {
  const { entries, directives } = readRegistry()
  return entries
    .filter(({ profile }) => profile.directives)
    .map(({ id, profile }) => ({
      name: `${id}.service`,
      unit: `[Unit]\nDescription=${profile.name}\nAfter=network.target\n\n[Service]\nType=notify\nExecStart=/usr/sbin/${id}\nExecReload=/bin/kill -HUP $MAINPID\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n`,
      dropins: [
        [
          `${id}.service.d/hardening.conf`,
          renderDropIn(profile, { directives, systemd: Number(systemd) }),
        ],
      ],
    }))
}

function isScored(unit: UnitInput): boolean {
  try {
    scoreUnit(unit)
    return true
  } catch (error) {
    if (error instanceof ScoreError) return false
    throw error
  }
}

/** The median over the units of each one's median call, so that another program's turn on the processor does not count. */
function ours(units: UnitInput[]): number {
  if (units.length === 0) return 0
  for (let call = 0; call < warmUps; call++) scoreUnit(units[call % units.length]!)
  return medianOf(
    units.map((unit) =>
      medianOf(
        Array.from({ length: repeats }, () => {
          const start = process.hrtime.bigint()
          scoreUnit(unit)
          return Number(process.hrtime.bigint() - start) / 1000
        }),
      ),
    ),
  )
}

/** Undefined where systemd-analyze is missing or too old to read a file. */
async function ofSystemd(units: UnitInput[]): Promise<number | undefined> {
  const root = mkdtempSync(join(tmpdir(), 'fenced-bench-'))
  try {
    const times: number[] = []
    for (const [index, { name, unit, dropins = [] }] of units.entries()) {
      const file = (path: string, text: string) => {
        mkdirSync(dirname(join(root, String(index), path)), { recursive: true })
        writeFileSync(join(root, String(index), path), text)
      }
      file(name, unit)
      for (const [path, text] of dropins) file(path, text)
      const path = join(root, String(index), name)
      const start = process.hrtime.bigint()
      const argv = ['systemd-analyze', 'security', '--offline=yes', '--no-pager', path]
      const { stdout } = await exec(argv, { seconds: 60 })
      const microseconds = Number(process.hrtime.bigint() - start) / 1000
      if (stdout.includes('Overall exposure level')) times.push(microseconds)
    }
    return times.length > 0 ? medianOf(times) : undefined
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
