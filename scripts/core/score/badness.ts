import { covers, meet, noBits, removeBits, setBit, type Bits } from './bits.ts'
import { ipBadness } from './addresses-open.ts'
import { capabilityBits } from './imply.ts'
import { addressFamilies, namespaceTypes } from './names.ts'
import { families, switches, type State } from './state.ts'
import { assessedGroups } from './tables.ts'

export interface View {
  state: State
  systemd: number
  assessed: Bits[]
  live: boolean
}

/** How bad one row is: 0 good, the row's range worst, null where it does not count. */
export type Badness = (view: View) => number | null

export function isPrivileged({ user, DynamicUser }: State): boolean {
  if (user === 'root' || user === '0') return true
  return user === '' && !DynamicUser
}

const own =
  (test: (state: State) => number): Badness =>
  (view) =>
    view.state.defaultDependencies ? test(view.state) : null
const unprivileged =
  (test: (state: State) => number): Badness =>
  (view) =>
    isPrivileged(view.state) ? null : test(view.state)

const capabilityRows: Record<string, string> = {
  CAP_SET_UID_GID_PCAP: 'SETUID SETGID SETPCAP',
  CAP_CHOWN_FSETID_SETFCAP: 'CHOWN FSETID SETFCAP',
  CAP_DAC_FOWNER_IPC_OWNER: 'DAC_OVERRIDE DAC_READ_SEARCH FOWNER IPC_OWNER',
  CAP_AUDIT: 'AUDIT_CONTROL AUDIT_READ AUDIT_WRITE',
  CAP_SYS_NICE_RESOURCE: 'SYS_NICE SYS_RESOURCE',
  'CAP_NET_BIND_SERVICE_BROADCAST_RAW)': 'NET_BIND_SERVICE NET_BROADCAST NET_RAW',
  CAP_MAC: 'MAC_ADMIN MAC_OVERRIDE',
}

const familyRows: Record<string, Bits> = {
  AF_INET_INET6: familyBits((name) => name === 'AF_INET' || name === 'AF_INET6'),
  AF_UNIX: familyBits((name) => name === 'AF_UNIX'),
  AF_NETLINK: familyBits((name) => name === 'AF_NETLINK'),
  AF_PACKET: familyBits((name) => name === 'AF_PACKET'),
  OTHER: familyBits((name) => addressFamilies.indexOf(name) >= 5),
}

function familyBits(test: (name: string) => boolean): Bits {
  const bits = noBits(families)
  for (const [number, name] of addressFamilies.entries()) if (test(name)) setBit(bits, number)
  return bits
}

function userBadness({ state }: View): number {
  const named = state.user !== '' && state.user !== 'root' && state.user !== '0'
  if (state.user === 'nobody') return 9
  return named || (state.DynamicUser && state.user === '') ? 0 : 10
}

function mountsBadness({ state, systemd, live }: View): number {
  if (!live) return (state.privateMounts ?? systemd >= 254) ? 0 : 1
  const implied =
    state.PrivateDevices ||
    state.PrivateTmp ||
    state.ProtectControlGroups ||
    state.ProtectKernelTunables ||
    state.ProtectKernelModules ||
    state.protectHome !== 'no' ||
    state.protectSystem !== 'no' ||
    state.rootImage !== ''
  return state.privateMounts || implied ? 0 : 1
}

function umaskBadness({ state: { umask } }: View): number {
  if (!(umask & 0o002)) return 10
  if (!(umask & 0o004)) return 5
  if (!(umask & 0o020)) return 2
  return umask & 0o040 ? 0 : 1
}

function filterBadness(
  { state: { filter }, assessed, systemd, live }: View,
  group: number,
): number {
  if (!filter) return 10
  const calls = assessed[group]!
  const listed = live && systemd < 248 ? withoutErrno(filter) : filter.listed
  if (filter.allow) return meet(calls, listed) ? 9 : 0
  return covers(listed, calls) ? 0 : 10
}

/** 247's manager answers with `mount:EPERM`, which its client does not take for `mount`. */
function withoutErrno({ listed, withErrno }: { listed: Bits; withErrno: Bits }): Bits {
  const left = [...listed]
  removeBits(left, withErrno)
  return left
}

function deviceBadness({ state }: View): number {
  if (state.devicePolicy === 'auto') return 10
  return state.devices > 0 ? 5 : 0
}

const homeBadness = { no: 10, 'read-only': 5, tmpfs: 1, yes: 0 }
const systemBadness = { no: 10, yes: 5, full: 3, strict: 0 }
const procBadness: Record<string, number> = { default: 3, noaccess: 1 }

const special: Record<string, Badness> = {
  UserOrDynamicUser: userBadness,
  SupplementaryGroups: unprivileged((state) => (state.supplementaryGroups > 0 ? 1 : 0)),
  RemoveIPC: unprivileged((state) => (state.RemoveIPC ? 0 : 1)),
  PrivateMounts: mountsBadness,
  PrivateTmp: own((state) => (state.PrivateTmp ? 0 : 1)),
  ProtectHome: own((state) => homeBadness[state.protectHome]),
  ProtectSystem: own((state) => systemBadness[state.protectSystem]),
  RootDirectoryOrRootImage: own(({ rootDirectory, rootImage }) =>
    (rootDirectory === '' || rootDirectory === '/') && (rootImage === '' || rootImage === '/')
      ? 1
      : 0,
  ),
  UMask: umaskBadness,
  KeyringMode: ({ state }) => (state.keyringMode === 'private' ? 0 : 1),
  ProtectProc: ({ state }) => procBadness[state.protectProc] ?? 0,
  ProcSubset: ({ state }) => (state.procSubset === 'pid' ? 0 : 1),
  NotifyAccess: ({ state }) => (state.notifyAccess === 'all' ? 1 : 0),
  Delegate: ({ state }) => (state.Delegate ? 1 : 0),
  IPAddressDeny: ipBadness,
  DeviceAllow: deviceBadness,
  AmbientCapabilities: ({ state }) => (state.ambientSet.some((word) => word !== 0) ? 1 : 0),
  SystemCallArchitectures: ({ state: { architectures } }) => {
    if (architectures.size === 0) return 10
    return architectures.size === 1 && architectures.has('native') ? 0 : 8
  },
}

/** The rule of one row, found by its field's name. */
export function badnessOf(field: string): Badness {
  if (special[field]) return special[field]
  const name = switches.find((name) => name === field)
  if (name) return ({ state }) => (state[name] ? 0 : 1)
  const at = field.indexOf('_')
  const [kind, rest] = [field.slice(0, at), field.slice(at + 1)]
  if (kind === 'CapabilityBoundingSet') {
    const held = capabilityBits((capabilityRows[rest] ?? rest.replace(/^CAP_/, '')).split(' '))
    return ({ state }) => (meet(state.boundingSet, held) ? 1 : 0)
  }
  if (kind === 'RestrictNamespaces') {
    const type = 1 << namespaceTypes.indexOf(rest)
    return ({ state }) => ((state.namespaces ?? -1) & type ? 1 : 0)
  }
  if (kind === 'RestrictAddressFamilies') {
    const row = familyRows[rest]!
    return ({ state: { families } }) =>
      (families.listed !== undefined && meet(families.listed, row)) === families.allow ? 1 : 0
  }
  const group = assessedGroups.indexOf(rest.replace('_', '-'))
  return (view) => filterBadness(view, group)
}
