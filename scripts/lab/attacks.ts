import { readFileSync } from 'node:fs'
import type { Outcome } from '../core/measured/types.ts'
import { attackUnit, attackUnitName } from './attack-unit.ts'
import { LabError } from './lab-error.ts'
import { quote } from './machine.ts'
import type { Machine } from './machine.ts'

/** The attempts themselves, as perl reads them. */
export const attemptsText = readFileSync(new URL('attempts.pl', import.meta.url), 'utf8')
const neighbour = readFileSync(new URL('neighbour.sh', import.meta.url), 'utf8')

/** Nobody's number in any package, so that whatever is its own is somebody else's to every service. */
const neighbourUid = 4711

export interface Attempt {
  outcome: Outcome
  /** What the kernel answered. */
  reason: string
}

/** What each attack comes to from inside the sandbox of `unit`, with these drop-ins' texts on top of what is installed. */
export async function runAttacks(
  machine: Machine,
  unit: string,
  dropIns: string[],
): Promise<Record<string, Outcome>> {
  const { code, stdout, stderr } = await machine.run(`systemctl cat --no-pager ${quote(unit)}`)
  if (code !== 0) throw new LabError(`${unit} cannot be read in the machine: ${stderr.trim()}`)
  const found = await runAttempts(machine, stdout, unit, dropIns)
  return Object.fromEntries(Object.entries(found).map(([id, { outcome }]) => [id, outcome]))
}

/** The same for the text of a unit, with the kernel's answers; only the attempts named, or all. */
export async function runAttempts(
  machine: Machine,
  text: string,
  unit: string,
  dropIns: string[] = [],
  only: string[] = [],
): Promise<Record<string, Attempt>> {
  const pid = await neighbourOf(machine)
  const name = attackUnitName(unit)
  const command = ['/usr/bin/perl', '-', pid, neighbourUid, ...only].join(' ')
  const body = attackUnit(text, unit, dropIns, command)
  const script = [
    `printf %s ${quote(attemptsText)} >/run/fenced/attempts.pl`,
    `printf %s ${quote(body)} >/run/systemd/system/${quote(name)}`,
    ': >/run/fenced/attempts.out',
    'systemctl daemon-reload',
    `systemctl start ${quote(name)}; started=$?`,
    'cat /run/fenced/attempts.out',
    `[ $started = 0 ] || journalctl -b --no-pager -o cat -n 20 -u ${quote(name)} >&2`,
    `rm -f /run/systemd/system/${quote(name)}; systemctl reset-failed ${quote(name)} 2>/dev/null`,
    'exit $started',
  ]
  const ran = await machine.run(script.join('\n'), { seconds: 180 })
  if (ran.code === 0) return parseAttempts(ran.stdout)
  const why = ran.stderr.trim().split('\n').at(-1) ?? ''
  throw new LabError(`the attacks could not run inside ${unit}: ${why || 'no answer in time'}`)
}

const neighbours = new WeakMap<Machine, Promise<string>>()

/** Somebody to attack, put into a machine once. */
function neighbourOf(machine: Machine): Promise<string> {
  const there = neighbours.get(machine) ?? moveIn(machine)
  neighbours.set(machine, there)
  return there
}

async function moveIn(machine: Machine): Promise<string> {
  const env = { NEIGHBOUR: String(neighbourUid) }
  const { stdout, stderr } = await machine.run(neighbour, { env })
  const pid = stdout.trim()
  if (/^\d+$/.test(pid)) return pid
  throw new LabError(`the attacks have nobody to attack: ${stderr.trim()}`)
}

/** Reads `ID open|blocked|absent REASON` lines. */
export function parseAttempts(output: string): Record<string, Attempt> {
  const lines = output.matchAll(/^(\S+) (open|blocked|absent) (.*)$/gm)
  return Object.fromEntries(
    [...lines].map(([, id = '', outcome, reason = '']) => [
      id,
      { outcome: outcome as Outcome, reason },
    ]),
  )
}

/** The ids that the attempts know, from their own text. */
export function attemptIds(): string[] {
  const table = /^my %attempt = \(\n([\s\S]*?)^\);/m.exec(attemptsText)?.[1] ?? ''
  return [...table.matchAll(/^ {4}'?([a-z][a-z-]*)'? +=>/gm)].map(([, id = '']) => id).toSorted()
}
