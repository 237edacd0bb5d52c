import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bootFailure, leaderOf } from './boot.ts'
import { cache, cacheDir } from './cache.ts'
import { createCgroup } from './cgroup.ts'
import type { Cgroup } from './cgroup.ts'
import { exec, start } from './exec.ts'
import type { Result, Running } from './exec.ts'
import { platformImage } from './image.ts'
import { LabError } from './lab-error.ts'
import { packageLayer } from './layer.ts'
import { withLock } from './lock.ts'
import type { Platform } from './platforms.ts'
import { requireHost } from './require-host.ts'
import { inCgroup, onStage } from './stage.ts'

export type { Result } from './exec.ts'

export interface RunOptions {
  /** Everything that the script started is killed when they are over; 60 unless told. */
  seconds?: number
  input?: string
  env?: Record<string, string>
  onLine?: (line: string) => void
}

/** A booted systemd on a throw-away root. */
export interface Machine {
  platform: Platform
  /** Runs a bash script inside as root. What it leaves running outside of a unit is ended with it. */
  run(script: string, options?: RunOptions): Promise<Result>
  write(path: string, text: string, mode?: number): Promise<void>
  /** The command that enters the machine, for a terminal. */
  enter: string[]
  stop(): Promise<void>
}

export interface MachineSpec {
  platform: Platform
  packages: string[]
  /** A directory of this host, copied and seen read-only at /probe inside. */
  probe?: string
  /** A directory of the cache that keeps what the machine writes, for the next one to boot from; else nothing is kept. */
  disk?: string
  /** Answers to the packages' questions, in the form of debconf-set-selections. */
  preseed?: string
  /** Commands that are run once it is up, before anything else. */
  setup?: string[]
  signal?: AbortSignal
  progress?: (line: string) => void
}

// Not one experiment needs these, and no namespace holds what they reach.
const dropped = [
  'SYS_RAWIO',
  'SYS_PACCT',
  'MAC_ADMIN',
  'MAC_OVERRIDE',
  'AUDIT_CONTROL',
  'AUDIT_READ',
  'BLOCK_SUSPEND',
  'WAKE_ALARM',
]

const guard = fileURLToPath(new URL('guard.pl', import.meta.url))
const guarded = (cgroup: string) => ['perl', guard, cgroup]

/** Boots a machine, hands it over, and removes it whatever happens: a failure, Ctrl-C, or the death of this process. */
export async function withMachine<T>(
  spec: MachineSpec,
  use: (machine: Machine) => Promise<T>,
): Promise<T> {
  requireHost()
  // Held beside others that use the cache; `clean` wants it alone.
  return withLock(join(cacheDir('locks'), 'in-use'), () => bootAndUse(spec, use), {
    shared: true,
    signal: spec.signal,
  })
}

async function bootAndUse<T>(spec: MachineSpec, use: (machine: Machine) => Promise<T>): Promise<T> {
  const { platform, packages, preseed = '', signal, progress } = spec
  const lower = [await platformImage(platform, { signal, progress })]
  if (packages.length > 0) {
    lower.unshift(
      await packageLayer(platform, lower[0] ?? '', packages, preseed, { signal, progress }),
    )
  }
  const cgroup = await createCgroup()
  for (const what of cgroup.unlimited) progress?.(`this host cannot limit ${what} of the machine`)
  const keeper = bootKeeper(
    spec,
    lower.map((path) => join(basename(join(path, '..')), basename(path))),
    cgroup,
  )
  const stop = async () => {
    keeper.kill()
    cgroup.kill()
    await keeper.result
    await cgroup.remove()
  }
  try {
    const leader = await leaderOf(cgroup, keeper, platform)
    const machine = enterable(platform, leader, cgroup, stop, signal)
    const setUpAndUse = async () => {
      await setUp(machine, spec.setup)
      return use(machine)
    }
    return await Promise.race([setUpAndUse(), died(keeper, signal)])
  } finally {
    await stop()
  }
}

async function setUp(machine: Machine, commands: string[] = []) {
  for (const command of commands) {
    const { code, stderr, timedOut } = await machine.run(command, { seconds: 60 })
    const why = timedOut ? 'not done within 60 s' : stderr.trim()
    if (code !== 0) throw new LabError(`setup: ${command}: ${why}`)
  }
}

function bootKeeper(
  { probe, disk, signal }: MachineSpec,
  lower: string[],
  cgroup: Cgroup,
): Running {
  const command = [
    ...guarded(join('/sys/fs/cgroup', basename(cgroup.path))),
    ...['systemd-nspawn', '-q', '-D', 'run/root', '-b', '--register=no', '--keep-unit'],
    ...['--private-network', '--console=read-only', '--capability=all'],
    `--drop-capability=${dropped.map((name) => `CAP_${name}`).join(',')}`,
    ...[
      '--system-call-filter=bpf @known',
      '--resolv-conf=off',
      '--timezone=off',
      '--link-journal=no',
    ],
    ...(probe ? [`--bind-ro=${join(cache, 'run/probe').replaceAll(/[\\:]/g, '\\$&')}:/probe`] : []),
  ]
  const kept = { ...(probe && { probe }), ...(disk && { upper: disk }) }
  const stage = onStage({ lower, ...kept }, cgroup, command)
  const running = start(stage.argv, { cwd: stage.cwd, env: stage.env, ...(signal && { signal }) })
  running.end()
  return running
}

async function died(keeper: Running, signal?: AbortSignal): Promise<never> {
  const result = await keeper.result
  throw signal?.aborted
    ? new LabError('interrupted; the machine is stopped and removed')
    : bootFailure(result)
}

function enterable(
  platform: Platform,
  leader: number,
  cgroup: Cgroup,
  stop: () => Promise<void>,
  signal?: AbortSignal,
): Machine {
  const commands = cgroup.child('commands')
  const bounding = dropped.map((name) => `-${name.toLowerCase()}`).join(',')
  const enter = [
    ...guarded(''),
    ...['setpriv', `--bounding-set=${bounding}`, '--'],
    ...['nsenter', '-t', String(leader), '-m', '-u', '-i', '-n', '-p', '-C', '--'],
  ]
  let count = 0
  const run = async (
    script: string,
    { seconds = 60, input, env = {}, onLine }: RunOptions = {},
  ) => {
    const group = commands.child(String(count++))
    const set = Object.entries({ ...base, ...env }).map(([key, value]) => `${key}=${value}`)
    const argv = [...enter, 'env', '-i', ...set, 'bash', '-c', script]
    const result = await exec(inCgroup(group, argv), {
      seconds,
      onKill: group.kill,
      onExit: group.kill,
      ...(signal && { signal }),
      ...(input !== undefined && { input }),
      ...(onLine && { onLine }),
    })
    await group.remove()
    return result
  }
  const write = async (path: string, text: string, mode = 0o644) => {
    const place = quote(path)
    const script = `mkdir -p "$(dirname ${place})" && cat >${place} && chmod ${mode.toString(8)} ${place}`
    const { code, stderr } = await run(script, { input: text })
    if (code !== 0) throw new LabError(`cannot write ${path} in the machine: ${stderr.trim()}`)
  }
  return { platform, run, write, stop, enter: inCgroup(commands.child('terminal'), enter) }
}

const base = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  TERM: 'dumb',
}

/** A word for the shell, whatever it holds. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
