import { existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import type { Catalogue } from '../core/profile/values.ts'
import { digest } from '../digest.ts'
import { attemptsText, runAttempts } from './attacks.ts'
import { cacheDir, replaceFile } from './cache.ts'
import { LabError } from './lab-error.ts'
import { quote } from './machine.ts'
import type { Machine } from './machine.ts'

/** A unit that the directive must stop from doing something, while the same unit without it may. */
interface Canary {
  settings: string[]
  /** What the unit has with and without the directive. */
  beside?: string[]
  /** One of attempts.pl, or a shell script that ends with 10 when it was stopped. */
  tries: { attempt: string } | { script: string }
  /** Tells by its exit code from outside when the unit is over, where it cannot be told from within. */
  after?: string
}

const asDaemon = 'User=daemon'
const attempt = (id: string, ...settings: string[]): Canary => ({
  settings,
  tries: { attempt: id },
})
const script = (text: string, ...settings: string[]): Canary => ({
  settings,
  tries: { script: text },
})
const asUser = (canary: Canary): Canary => ({ ...canary, beside: [asDaemon] })

const forks = `perl -e 'exit(defined fork ? 0 : 10)'`

/** One for every directive of the catalogue that takes something away by itself. */
export const canaries: Record<string, Canary> = {
  ProtectSystem: attempt('write-etc', 'ProtectSystem=strict'),
  ReadOnlyPaths: attempt('write-etc', 'ReadOnlyPaths=/etc'),
  InaccessiblePaths: attempt('read-home', 'InaccessiblePaths=/home'),
  NoExecPaths: attempt('dropped-program', 'NoExecPaths=/'),
  TemporaryFileSystem: attempt('read-home', 'TemporaryFileSystem=/home'),
  ProtectHome: attempt('read-home', 'ProtectHome=yes'),
  PrivateTmp: attempt('shared-tmp', 'PrivateTmp=yes'),
  PrivateMounts: script(
    'mount -t tmpfs t /mnt; nsenter -t 1 -m mountpoint -q /mnt; seen=$?; umount /mnt; [ $seen = 0 ] || exit 10',
    'PrivateMounts=yes',
  ),
  RestrictFileSystems: script('cat /proc/version || exit 10', 'RestrictFileSystems=~proc'),
  User: attempt('write-etc', 'User=daemon'),
  DynamicUser: attempt('write-etc', 'DynamicUser=yes'),
  NoNewPrivileges: attempt('set-uid-program', 'NoNewPrivileges=yes'),
  CapabilityBoundingSet: attempt('clock', 'CapabilityBoundingSet='),
  PrivateUsers: attempt('become-user', 'PrivateUsers=yes'),
  RestrictSUIDSGID: attempt('set-uid-file', 'RestrictSUIDSGID=yes'),
  PrivateDevices: attempt('open-device', 'PrivateDevices=yes'),
  DevicePolicy: attempt('open-device', 'DevicePolicy=closed'),
  ProtectKernelTunables: attempt('kernel-setting', 'ProtectKernelTunables=yes'),
  ProtectKernelModules: attempt('kernel-module', 'ProtectKernelModules=yes'),
  ProtectKernelLogs: attempt('kernel-log', 'ProtectKernelLogs=yes'),
  ProtectControlGroups: attempt('cgroup', 'ProtectControlGroups=yes'),
  ProtectClock: attempt('clock', 'ProtectClock=yes'),
  ProtectProc: asUser(attempt('see-processes', 'ProtectProc=invisible')),
  ProcSubset: script('cat /proc/version || exit 10', 'ProcSubset=pid'),
  PrivateNetwork: attempt('call-out', 'PrivateNetwork=yes'),
  IPAddressDeny: attempt('call-out', 'IPAddressDeny=any'),
  RestrictAddressFamilies: attempt('raw-socket', 'RestrictAddressFamilies=none'),
  SocketBindDeny: attempt('back-door', 'SocketBindDeny=any'),
  RestrictNetworkInterfaces: attempt('call-out', 'RestrictNetworkInterfaces=~lo'),
  SystemCallFilter: attempt('mount', 'SystemCallFilter=@system-service'),
  // By a call of the x32 ABI, which kernels without it and without 32-bit programs answer too: with ENOSYS.
  SystemCallArchitectures: script(
    `perl -e 'syscall(0x40000027)'; [ $? -lt 128 ] || exit 10`,
    'SystemCallArchitectures=native',
  ),
  RestrictNamespaces: attempt('user-namespace', 'RestrictNamespaces=yes'),
  MemoryDenyWriteExecute: attempt('executable-memory', 'MemoryDenyWriteExecute=yes'),
  LockPersonality: attempt('personality', 'LockPersonality=yes'),
  RestrictRealtime: attempt('real-time', 'RestrictRealtime=yes'),
  ProtectHostname: attempt('hostname', 'ProtectHostname=yes'),
  UMask: script(
    'f=/run/fenced/mask; : >$f; mode=$(stat -c %a $f); rm $f; [ $mode != 600 ] || exit 10',
    'UMask=0077',
  ),
  PrivateIPC: script(`perl -e 'exit(defined msgget(4711, 0) ? 0 : 10)'`, 'PrivateIPC=yes'),
  PrivatePIDs: attempt('see-processes', 'PrivatePIDs=yes'),
  RemoveIPC: {
    settings: ['RemoveIPC=yes'],
    beside: [asDaemon],
    tries: { script: `perl -e 'msgget(4712, 01600) // exit 1'` },
    after: `perl -e 'my $id = msgget(4712, 0) // exit 10; msgctl($id, 0, 0)'`,
  },
  TasksMax: script(forks, 'TasksMax=1'),
  MemoryMax: {
    settings: ['MemoryMax=16M', 'MemorySwapMax=0'],
    beside: ['OOMPolicy=continue'],
    tries: { script: `perl -e '$x = "x" x (64 << 20)' || exit 10` },
  },
}

/** Directives of the catalogue that this host does not enforce in the machine: named so, never taken for granted. */
export async function findUnenforced(machine: Machine, catalogue: Catalogue): Promise<string[]> {
  const known = Object.keys(canaries).filter(
    (name) => (catalogue[name]?.since ?? Infinity) <= Number(machine.platform.systemd),
  )
  const image = await machine.run('cat /etc/fenced-image')
  const kernel = [release(), readFileSync('/proc/cmdline', 'utf8')]
  const key = digest(JSON.stringify([known, canaries, attemptsText, image.stdout, kernel])).slice(
    7,
    19,
  )
  const path = join(cacheDir('canaries'), `${machine.platform.id}-${key}.json`)
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as string[]
  await machine.run(`perl -e 'msgget(4711, 01666)'`)
  const open = {
    '': await openAttempts(machine, []),
    [asDaemon]: await openAttempts(machine, [asDaemon]),
  }
  const unenforced: string[] = []
  for (const name of known) {
    const canary = canaries[name]
    if (canary && !(await isEnforced(machine, canary, open))) unenforced.push(name)
  }
  replaceFile(path, JSON.stringify(unenforced))
  return unenforced
}

/** What units may do that have only these lines. */
async function openAttempts(machine: Machine, lines: string[]): Promise<string[]> {
  const found = await runAttempts(machine, ['[Service]', ...lines].join('\n'), 'canary.service')
  return Object.keys(found).filter((id) => found[id]?.outcome === 'open')
}

async function isEnforced(
  machine: Machine,
  { settings, beside = [], tries, after }: Canary,
  open: Record<string, string[]>,
): Promise<boolean> {
  const lines = [...beside, ...settings]
  if ('script' in tries) {
    if ((await runScript(machine, beside, tries.script, after)) !== 'open') return false
    return (await runScript(machine, lines, tries.script, after)) === 'blocked'
  }
  if (!open[beside.join()]?.includes(tries.attempt)) return false
  try {
    const text = ['[Service]', ...lines].join('\n')
    const found = await runAttempts(machine, text, 'canary.service', [], [tries.attempt])
    return found[tries.attempt]?.outcome === 'blocked'
  } catch (error) {
    if (error instanceof LabError) return false // with the directive, the unit does not even start
    throw error
  }
}

/** Only an exit of 0 is open and only 10 is blocked: a unit that fails for another reason shows nothing. */
async function runScript(machine: Machine, lines: string[], text: string, after = '') {
  const unit = [
    ...['[Service]', 'Type=oneshot', 'RemainAfterExit=no', ...lines],
    ...['StandardInput=file:/run/fenced/canary.sh', 'ExecStart=/bin/sh -s', ''],
  ]
  const { stdout } = await machine.run(
    `printf %s ${quote(text)} >/run/fenced/canary.sh
printf %s ${quote(unit.join('\n'))} >/run/systemd/system/fenced-canary.service
systemctl daemon-reload; systemctl start fenced-canary; code=$(systemctl show -p ExecMainStatus --value fenced-canary)
systemctl reset-failed fenced-canary 2>/dev/null
[ "$code" = 0 ] && { ${after || ':'}; code=$?; }
echo "$code"`,
  )
  return { 0: 'open', 10: 'blocked' }[stdout.trim()]
}
