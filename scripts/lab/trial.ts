import { readFileSync } from 'node:fs'
import { parseJournal } from './journal.ts'
import type { LogLine } from './journal.ts'
import { LabError } from './lab-error.ts'
import { quote } from './machine.ts'
import type { Machine } from './machine.ts'
import type { Subject } from './subject.ts'
import { parseTap, tagFilter } from './tap.ts'
import type { ProbeCheck } from './tap.ts'

const parts = readFileSync(new URL('trial.sh', import.meta.url), 'utf8')

/** Seconds for the start, for one check and for the whole probe. */
const limits = { start: 40, check: 60, probe: 900 }

/** What one drop-in set does to a service. */
export interface Trial {
  started: boolean
  /** In the probe's order; none where the unit did not start. */
  checks: ProbeCheck[]
  /** How many checks the probe announced. */
  planned: number
  journal: LogLine[]
}

export interface TrialOptions {
  /** Which checks: with those of an option, or those alone. */
  option?: string
  alone?: boolean
  /** Stop at the first check that fails, those left aside that may. */
  untilFailure?: boolean
  mayFail?: string[]
  /** Told each check as it ends. */
  onCheck?: (line: string) => void
}

/** Installs drop-ins by name, reloads, restarts, and runs the probe. "active" proves nothing: only the checks count. */
export async function runTrial(
  machine: Machine,
  subject: Subject,
  dropIns: Record<string, string>,
  options: TrialOptions = {},
): Promise<Trial> {
  const started = await install(machine, subject, dropIns)
  const tap = started ? await probe(machine, subject, options) : parseTap('')
  const { stdout, timedOut } = await inside(machine, subject, ['print_logs'])
  if (timedOut)
    throw new LabError(`${subject.unit} left a machine that answers no more; run it again`)
  const [journal = '', logs = ''] = stdout.split('--logs--\n')
  const files = logs.split('\n').map((text): LogLine => ({ from: 'service', text }))
  return { started, ...tap, journal: [...parseJournal(journal), ...files] }
}

/** Leaves the unit running with these drop-ins and no others of ours; false where it does not start. */
export async function install(machine: Machine, subject: Subject, dropIns: Record<string, string>) {
  const write = Object.entries(dropIns).flatMap(([name, text]) => [
    'mkdir -p "$DROPINS"',
    `printf %s ${quote(text)} >"$DROPINS"/${quote(name)}`,
  ])
  const { stdout } = await inside(
    machine,
    subject,
    ['clear_unit', ...write, 'mark_logs', 'start_unit'],
    limits.start * 2 + 60,
  )
  return stdout.includes('started')
}

async function probe(machine: Machine, subject: Subject, options: TrialOptions) {
  const { untilFailure, mayFail = [], onCheck } = options
  const filter = tagFilter(subject.probe, options).map(quote).join(' ')
  const command = untilFailure
    ? `MAY_FAIL=${quote(mayFail.join('\n'))} probe_until_failure ${filter}`
    : `bats --tap ${filter} /probe/probe.bats 2>&1`
  const { stdout } = await inside(machine, subject, [command], limits.probe, onCheck)
  return parseTap(stdout)
}

function inside(
  machine: Machine,
  { unit, platform, dropIns }: Subject,
  script: string[],
  seconds = 60,
  onLine?: (line: string) => void,
) {
  const env = {
    UNIT: unit,
    PLATFORM: platform.id,
    DROPINS: dropIns,
    LIMIT: String(limits.start),
    BATS_TEST_TIMEOUT: String(limits.check),
  }
  return machine.run([parts, ...script].join('\n'), { env, seconds, ...(onLine && { onLine }) })
}
