import type { Listener } from './listeners.ts'
import type { Survey } from './survey.ts'

interface Check {
  name: string
  lines: string[]
  /** What of this machine stands behind the check. */
  when: (survey: Survey) => boolean
}

/** The checks that follow from what any service has, in the order in which they are run. */
const checks: Check[] = [
  {
    name: 'starts and stays up',
    lines: ['before=$(main_pid)', 'sleep 1', '[ "$(main_pid)" = "$before" ]', 'is_up'],
    when: (survey) => isDaemon(survey) && !survey.steady,
  },
  {
    name: 'starts and keeps the processes that it began with',
    lines: [
      'before=$(processes)',
      '[ -n "$before" ]',
      'sleep 1',
      '[ "$(processes)" = "$before" ]',
      'is_up',
    ],
    when: (survey) => isDaemon(survey) && survey.steady,
  },
  {
    name: 'runs as the users that it is meant to',
    lines: ['[ "$(users)" = "ACCOUNTS" ]'],
    when: ({ accounts }) => accounts.some((account) => account !== 'root'),
  },
  {
    name: 'holds its files open, logs too',
    lines: ['eventually holds OPEN'],
    when: ({ openFiles }) => openFiles.length > 0,
  },
  {
    name: 'listens where it is meant to',
    lines: ['is_there'],
    when: ({ listeners }) => listeners.length > 0,
  },
  {
    name: 'reloads without going away',
    lines: [
      'before=$(main_pid)',
      'systemctl reload "$UNIT"',
      'eventually is_there',
      '[ "$(main_pid)" = "$before" ]',
      'is_up',
    ],
    when: ({ reloads }) => reloads,
  },
  {
    name: 'lets go of its old logs when they are rotated',
    lines: [
      'logrotate --force ROTATIONS',
      'eventually is_there',
      'eventually writes_no_old_log',
      'eventually holds OPEN',
    ],
    when: ({ rotations }) => rotations.length > 0,
  },
  {
    name: 'comes back from a restart',
    lines: ['before=$(main_pid)', 'restart', 'eventually is_there', 'is_another "$before"'],
    when: isDaemon,
  },
  {
    name: 'runs to its end',
    lines: ['restart', 'ended_well'],
    when: (survey) => !isDaemon(survey),
  },
]

const last: Check = {
  name: 'stops cleanly and leaves nothing behind',
  lines: [
    'systemctl stop "$UNIT"',
    'ended_well',
    '[ -z "$(processes)" ]',
    'run ! is_there',
    'restart',
    'eventually is_there',
  ],
  when: isDaemon,
}

/** The names of the checks that a probe of this service is drafted with. */
export function checkNames(survey: Survey): string[] {
  return [...checks, last].filter(({ when }) => when(survey)).map(({ name }) => name)
}

/** A probe.bats with the checks that any such service passes, those aside that are named in `without`. */
export function draftProbe(id: string, survey: Survey, without: string[] = []): string {
  const taken = (check: Check) => check.when(survey) && !without.includes(check.name)
  const text = ({ name, lines }: Check) =>
    [`@test "${name}" {`, ...lines.map((line) => `  ${filled(line, survey)}`), '}', ''].join('\n')
  const own = checks.filter(taken).map((check) => text(withFiles(check, survey)))
  const end = [last]
    .filter(taken)
    .map((check) => `# Last: the others need it running.\n${text(check)}`)
  return [head(id, survey), ...own, ...end].join('\n')
}

/** A service that holds no file open says nothing of one. */
function withFiles(check: Check, { openFiles }: Survey): Check {
  if (openFiles.length > 0) return check
  return { ...check, lines: check.lines.filter((line) => !line.endsWith(' OPEN')) }
}

function filled(line: string, { accounts, rotations, openFiles }: Survey): string {
  return line
    .replace('ACCOUNTS', accounts.join(' '))
    .replace('ROTATIONS', rotations.join(' '))
    .replace('OPEN', openFiles.join(' '))
}

function head(id: string, survey: Survey): string {
  const places = survey.listeners.flatMap(reached)
  const isThere = places.length > 0 ? places.join(' &&\n    ') : 'is_up'
  return `#!/usr/bin/env bats
# What ${id} must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.
#
# A draft: these checks are what any service has. Add what an administrator would miss: the main job with real data written and
# read back, every privileged step, the features that people switch on. Then take this paragraph out.

load probe

is_there() {
  ${isThere}
}
${survey.rotations.length > 0 ? `${oldLog}\n` : ''}
setup_file() { eventually is_there || true; }
`
}

const oldLog = `writes_no_old_log() {
  local pid
  for pid in $(processes); do
    if find "/proc/$pid/fd" -lname '/var/log/*.1' -o -lname '/var/log/*.1 (deleted)' | grep .; then return 1; fi
  done
}`

/** How the probe, which is another process in the same machine, finds that somebody listens there. */
function reached(listener: Listener): string[] {
  if ('path' in listener) {
    const { kind, path } = listener
    return [kind === 'stream' ? `nc -z -w 2 -U '${path}'` : `[ -S '${path}' ]`]
  }
  const { kind, address, port } = listener
  // From outside: in a network of its own it would be found nowhere.
  if (kind === 'udp') return [`ss -Hlnu 'sport = :${port}' | grep -q .`]
  return addressesOf(address).map((name) => `nc -z -w 2 ${name} ${port}`)
}

/** The machine's own address, too, where a service listens on all. */
function addressesOf(address: string): string[] {
  const [four, six] = [
    ['127.0.0.1', '192.0.2.10'],
    ['::1', '2001:db8::10'],
  ]
  if (address === '*') return [...four, ...six]
  if (address === '0.0.0.0') return four
  return address === '::' ? six : [address]
}

function isDaemon({ type }: Survey): boolean {
  return type !== 'oneshot'
}
