import { addressFamilies, architectures, capabilities, namespaceTypes } from './names.ts'
import {
  badUsers,
  booleans,
  calls,
  capabilityOddities,
  devices,
  errnos,
  hosts,
  hostnames,
  masks,
  oddBooleans,
  oddCalls,
  oddHosts,
  users,
} from './generate-words.ts'
import type { Random } from './random.ts'
import { switches } from './state.ts'
import { assessedGroups } from './tables.ts'

const boolean = (random: Random) =>
  random.once(12) ? random.pick(oddBooleans) : random.pick(booleans)
const words =
  (...known: string[]) =>
  (random: Random) =>
    random.once(10) ? random.pick(['', 'Full', 'unknown', '"strict"']) : random.pick(known)
const booleanOr =
  (...known: string[]) =>
  (random: Random) =>
    random.once(2) ? boolean(random) : words(...known)(random)

/** Words in a row, with everything that a list may go through. */
const list =
  (known: readonly string[], odd: readonly string[], { invert = true, most = 4 } = {}) =>
  (random: Random): string => {
    if (random.once(14)) return ''
    const items = random
      .some(known, most)
      .map((item) => (random.once(14) ? random.pick(odd) : item))
    if (random.once(20)) items[random.number(items.length)] = `"${items[0]}"`
    if (random.once(30))
      items[random.number(items.length)] = `${items[0]!.slice(0, 3)}\\${items[0]!.slice(3)}`
    if (random.once(60)) items.push('"open')
    if (random.once(60)) items.push("'a b'")
    const text = items.join(random.once(8) ? random.pick(['\t', '  ', ' \t ']) : ' ')
    return invert && random.once(3) ? random.pick(['~', '~', '~', '~ ', ' ~']) + text : text
  }

const groups = assessedGroups.map((group) => `@${group}`)

function callFilter(random: Random): string {
  const text = list([...groups, ...groups, ...calls], oddCalls, { most: random.once(3) ? 20 : 5 })(
    random,
  )
  if (!text.startsWith('~') || !random.once(3)) return text
  return text.replace(/(@?[a-z0-9_-]+)( |$)/, `$1:${random.pick(errnos)}$2`)
}

export const values: Record<string, (random: Random) => string> = {
  ...Object.fromEntries(
    switches.filter((name) => name !== 'DynamicUser').map((name) => [name, boolean]),
  ),
  DynamicUser: (random) => (random.once(40) ? random.pick(oddBooleans) : random.pick(booleans)),
  PrivateMounts: boolean,
  PrivateTmp: booleanOr('connected', 'disconnected'),
  PrivateUsers: booleanOr('self', 'identity', 'full', 'managed'),
  ProtectControlGroups: booleanOr('private', 'strict'),
  ProtectHostname: booleanOr(...hostnames),
  ProtectHome: booleanOr('read-only', 'tmpfs'),
  ProtectSystem: booleanOr('full', 'strict'),
  KeyringMode: words('inherit', 'private', 'shared'),
  ProtectProc: words('default', 'noaccess', 'invisible', 'ptraceable'),
  ProcSubset: words('all', 'pid'),
  NotifyAccess: words('none', 'main', 'exec', 'all'),
  DevicePolicy: words('auto', 'closed', 'strict'),
  UMask: (random) => random.pick(masks),
  Delegate: (random) =>
    random.once(2)
      ? boolean(random)
      : random.pick(['cpu memory', '', '"open', 'nonsense', 'pids', 'io\\']),
  CapabilityBoundingSet: list(capabilities, capabilityOddities),
  AmbientCapabilities: list(capabilities, ['CAP_TYPO', '5', 'cap_chown'], { most: 2 }),
  RestrictNamespaces: (random) =>
    random.once(3)
      ? boolean(random)
      : list(
          [...namespaceTypes, ...namespaceTypes.slice(0, 7)],
          ['unknown', 'USER', 'all', '~net'],
        )(random),
  RestrictAddressFamilies: (random) =>
    random.once(6)
      ? random.pick(['none', 'None', 'none ', '~none', 'none AF_UNIX'])
      : list(
          [...addressFamilies, 'AF_INET', 'AF_INET6', 'AF_UNIX', 'AF_NETLINK'],
          ['INET', 'af_inet', 'AF_UNSPEC', 'AF_MAX', '2', 'AF_FOO', 'none', 'AF_decnet'],
        )(random),
  SystemCallFilter: callFilter,
  SystemCallArchitectures: list(
    ['native', 'native', ...architectures],
    ['Native', 'amd64', 'x86_64'],
    { invert: false, most: 2 },
  ),
  IPAddressAllow: list(hosts, oddHosts, { invert: false, most: 3 }),
  IPAddressDeny: list(hosts, oddHosts, { invert: false, most: 3 }),
  DeviceAllow: (random) => (random.once(8) ? '' : random.pick(devices)),
  User: (random) => (random.once(80) ? random.pick(badUsers) : random.pick(users)),
  Group: (random) => (random.once(80) ? random.pick(badUsers) : random.pick(users)),
  SupplementaryGroups: (random) =>
    random.once(60)
      ? `${random.pick(users)} ${random.pick(badUsers)}`
      : random.pick(['', 'adm', 'adm video', '4 24', 'ad\\m', '%p adm']),
  RootDirectory: (random) =>
    random.once(50)
      ? random.pick(['relative', '/a/../b', '/..', '-/x', '%Z', '/x/..'])
      : random.pick(['', '/', '/./', '/srv', '//', '/srv/%i', '/srv//x/']),
  RootImage: (random) =>
    random.once(50)
      ? random.pick(['relative', '+/x'])
      : random.pick(['', '/', '/srv/image.raw', '/srv/./x']),
  MountImages: (random) =>
    random.pick([
      '',
      '/a.raw:/mnt',
      '/a.raw',
      '-/a.raw:/mnt',
      'a:b',
      '/a.raw:/mnt:root:ro /b.raw:/c',
    ]),
  LoadCredential: (random) => random.pick(['', 'a:/x', 'b', 'a:/y']),
  LoadCredentialEncrypted: (random) => random.pick(['', 'a:/x', 'b', 'c:/etc/c', ':']),
  SetCredential: (random) => random.pick(['', 'a:text', 'b:']),
  SetCredentialEncrypted: (random) => random.pick(['', 'a:YWJj', 'k: YWJjZA==', 'k:']),
  ImportCredential: (random) => random.pick(['', 'a.*', 'b']),
  IPIngressFilterPath: (random) => random.pick(['', '/sys/fs/bpf/in', 'relative']),
  IPEgressFilterPath: (random) => random.pick(['', '/sys/fs/bpf/out']),
  WorkingDirectory: (random) =>
    random.once(40)
      ? random.pick(['relative', '%Z'])
      : random.pick(['', '~', '/srv', '-relative', '-/x', '-~']),
  Type: (random) =>
    random.pick([
      'simple',
      'exec',
      'notify',
      'forking',
      'idle',
      'oneshot',
      'bogus',
      'notify-reload',
    ]),
  Restart: (random) => random.pick(['no', 'on-failure', 'on-abnormal', 'always', 'bogus']),
  ExitType: (random) => random.pick(['main', 'main', 'cgroup', 'x']),
  RestartForceExitStatus: (random) => random.pick(['', '1', 'SIGTERM', 'bogus', '256']),
  PAMName: (random) => (random.once(8) ? 'login' : ''),
  KillMode: (random) =>
    random.once(8) ? 'process' : random.pick(['mixed', 'control-group', 'bogus']),
  BusName: (random) => random.pick(['', 'org.example.X', 'bad', ':1.5', 'a..b', 'org.9x']),
  RootVerity: (random) => (random.once(20) ? 'relative' : random.pick(['', '/x.verity'])),
  RootMStack: (random) => (random.once(20) ? 'relative' : random.pick(['', '/x.mstack', '/'])),
  RemainAfterExit: boolean,
  NoNewPrivilegez: boolean,
  TemporaryFileSystem: () => '/home',
  JoinsNamespaceOf: () => 'x.service',
  SystemCallErrorNumber: () => 'EPERM',
  SystemCallLog: () => '@privileged',
  ReadWritePaths: () => '/var',
  PrivateIPC: boolean,
  'X-Own': boolean,
}
