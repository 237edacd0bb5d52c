import { addressFamilies, architectures, capabilities, namespaceTypes } from './names.ts'
import type { Random } from './random.ts'
import { switches } from './state.ts'
import { assessedGroups } from './tables.ts'

const booleans = 'yes no 1 0 true false on off y n t f YES No tRuE OFF'.split(' ')
const oddBooleans = ['', 'maybe', '2', 'yes # x', '"yes"', 'ye', 'yes no', 'enabled', 'ＹＥＳ']

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

const calls = (
  '@default @system-service @basic-io @file-system @known @sandbox @setuid @process @chown @ipc @aio @keyring @sync ' +
  'read write mount umount2 open_tree fsopen reboot kexec_load swapon swapoff ptrace perf_event_open bpf init_module ' +
  'delete_module finit_module ioperm iopl pciconfig_read settimeofday adjtimex clock_settime clock_adjtime chroot acct ' +
  'setpriority sched_setscheduler prlimit64 setrlimit nfsservctl uselib sysfs vm86 modify_ldt subpage_prot open_tree_attr ' +
  'pivot_root quotactl_fd setuid setresuid32 vhangup landlock_create_ruleset execve time64 afs_syscall'
).split(' ')
const groups = assessedGroups.map((group) => `@${group}`)
const oddCalls = [
  '@System-Service',
  '@nothing',
  'nocall',
  '@',
  '~@clock',
  'read:EPERM',
  'mount:',
  ':EPERM',
  'reboot:5',
  '@clock:kill',
  'swapon:EFOO',
  'read,write',
  '@mount:4096',
  '@mount:0x10',
  '@raw-io:ENOTSUP',
]
const errnos = [
  'EPERM',
  'ENOSYS',
  'kill',
  '0',
  '1',
  '4095',
  'EWOULDBLOCK',
  '0x5',
  '010',
  'EHWPOISON',
  'EDEADLOCK',
  '+1',
  '-1',
  'ENOTSUPP',
  'eperm',
]

function callFilter(random: Random): string {
  const text = list([...groups, ...groups, ...calls], oddCalls, { most: random.once(3) ? 20 : 5 })(
    random,
  )
  if (!text.startsWith('~') || !random.once(3)) return text
  return text.replace(/(@?[a-z0-9_-]+)( |$)/, `$1:${random.pick(errnos)}$2`)
}

const hosts = (
  'any any any localhost link-local multicast 127.0.0.1 127.0.0.0/8 ::1 ::1/128 127.1.2.3/16 10.0.0.0/8 0.0.0.0/0 ::/0 1.2.3.4/0 ' +
  'fe80::/64 2001:db8::1 ::ffff:127.0.0.1 192.168.0.0/16 ::5/0 126.0.0.0/7 LocalHost localhost. x.localhost'
).split(' ')
const oddHosts = [
  'ANY',
  '1.2.3',
  '01.2.3.4',
  '1.2.3.4/33',
  '::1/129',
  '[::1]',
  'fe80::1%lo',
  '::/0x0',
  '0.0.0.0/00',
  '/0',
  '1.2.3.4/',
  '0.0.0.0/+0',
  '::/-0',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7::',
  '::1.2.3.4',
  '0.0.0.0/0b0',
  'localhost.localdomain',
  'localhost/8',
  '.localhost',
  '0.0.0.0/010',
]

const families = addressFamilies
const devices = [
  '/dev/null rw',
  '/dev/null',
  'char-rtc r',
  'block-sd* rwm',
  '/dev//sda  rw',
  '/dev/../etc r',
  '/tmp/x rw',
  'char- m',
  '/dev/null rwx',
  '"/dev/my disk" r',
  '/dev',
  '/dev/',
  '/run/systemd/inaccessible/chr',
  '/dev/%i',
  '/dev/%Z',
  'char-pts',
  '/dev/./x',
  "/dev/null 'r'",
  'sda rw',
  '/dev/null r w',
]
const users = [
  'root',
  'www-data',
  'nobody',
  '0',
  '1000',
  '65534',
  '',
  'svc',
  '%i',
  '%p',
  '%u',
  '%U',
  'with space',
  'a%%b',
  'caf\u00e9',
  'Root',
  'x.y',
  'user@host',
]
const badUsers = ['00', 'a:b', 'a/b', '-5', '65535', '.', '..', '%Z', '4294967295', 'a\tb']

export const values: Record<string, (random: Random) => string> = {
  ...Object.fromEntries(
    switches.filter((name) => name !== 'DynamicUser').map((name) => [name, boolean]),
  ),
  DynamicUser: (random) => (random.once(40) ? random.pick(oddBooleans) : random.pick(booleans)),
  PrivateMounts: boolean,
  PrivateTmp: booleanOr('connected', 'disconnected'),
  PrivateUsers: booleanOr('self', 'identity', 'full'),
  ProtectControlGroups: booleanOr('private', 'strict'),
  ProtectHostname: booleanOr(
    'private',
    'private:host',
    'yes:web-1',
    'no:host',
    'yes:',
    'yes:-bad',
    'on:a.b',
    'private:%i',
    'yes:A_b',
    'private:x..y',
    'yes:a.',
  ),
  ProtectHome: booleanOr('read-only', 'tmpfs'),
  ProtectSystem: booleanOr('full', 'strict'),
  KeyringMode: words('inherit', 'private', 'shared'),
  ProtectProc: words('default', 'noaccess', 'invisible', 'ptraceable'),
  ProcSubset: words('all', 'pid'),
  NotifyAccess: words('none', 'main', 'exec', 'all'),
  DevicePolicy: words('auto', 'closed', 'strict'),
  UMask: (random) =>
    random.pick(
      '0022 0027 0077 022 077 0000 0007 0777 7777 2 0026 00000077 0o77 u=rw +077 8 10000 0072 0037'
        .split(' ')
        .concat(''),
    ),
  Delegate: (random) =>
    random.once(2)
      ? boolean(random)
      : random.pick(['cpu memory', '', '"open', 'nonsense', 'pids', 'io\\']),
  CapabilityBoundingSet: list(capabilities, [
    'SYS_ADMIN',
    '~CAP_KILL',
    'CAP_TYPO',
    'cap_kill',
    'Cap_Sys_Admin',
    '5',
    '0x10',
    '63',
    '62',
    '64',
    '0b11',
    '0o17',
    '017',
    'CAP_KILL,CAP_CHOWN',
    '-1',
    '+3',
    '40',
    '41',
  ]),
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
          [...families, 'AF_INET', 'AF_INET6', 'AF_UNIX', 'AF_NETLINK'],
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
  SetCredentialEncrypted: (random) => random.pick(['', 'a:YWJj', 'k: YWJjZA==']),
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
