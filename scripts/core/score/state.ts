import { allBits, noBits, type Bits } from './bits.ts'
import type { Tables } from './tables.ts'
import type { UnitName } from './unit-name.ts'

/** Something in a unit file that systemd skips or refuses, in our words. */
export interface Note {
  path: string
  line: number
  kind: 'unknown' | 'ignored' | 'fatal'
  message: string
  /** The setting that a misspelt one most likely means. */
  meant?: string
}

/** Where a setting is read: who asks, and whom to tell that it is ignored. */
export interface Env {
  systemd: number
  tables: Tables
  name: UnitName
  ignored(message: string): undefined
}

export interface Prefix {
  /** Four bytes or sixteen, host bits masked off. */
  bytes: number[]
  length: number
}

export const switches = [
  'PrivateDevices',
  'PrivateNetwork',
  'PrivateTmp',
  'PrivateUsers',
  'ProtectControlGroups',
  'ProtectKernelModules',
  'ProtectKernelTunables',
  'ProtectKernelLogs',
  'ProtectClock',
  'ProtectHostname',
  'LockPersonality',
  'MemoryDenyWriteExecute',
  'NoNewPrivileges',
  'RestrictRealtime',
  'RestrictSUIDSGID',
  'RemoveIPC',
  'DynamicUser',
  'Delegate',
] as const
export type Switch = (typeof switches)[number]

export const families = 2
export const capabilityWords = 2

/** What the files of a unit come to, as far as the score or a refusal depends on it. */
export interface State extends Record<Switch, boolean> {
  defaultDependencies: boolean
  user: string
  group: string
  supplementaryGroups: number
  privateMounts: boolean | undefined
  protectHome: 'no' | 'read-only' | 'tmpfs' | 'yes'
  protectSystem: 'no' | 'yes' | 'full' | 'strict'
  /** `managed` matters for a refusal. */
  privateUsersManaged: boolean
  rootDirectory: string
  rootImage: string
  rootMStack: boolean
  umask: number
  keyringMode: string
  protectProc: string
  procSubset: string
  notifyAccess: string
  devicePolicy: string
  devices: number
  mountImages: number
  /** Name of a credential to whether it is encrypted. */
  loadCredentials: Map<string, boolean>
  setCredentials: Map<string, boolean>
  importCredentials: number
  boundingSet: Bits
  ambientSet: Bits
  /** Undefined while untouched: all types allowed. */
  namespaces: number | undefined
  families: { allow: boolean; listed: Bits | undefined }
  filter: { allow: boolean; listed: Bits; withErrno: Bits } | undefined
  architectures: Set<string>
  allowed: Prefix[]
  denied: Prefix[]
  ingressFilters: number
  egressFilters: number
  service: Service
}

/** Settings that decide only whether systemd would refuse the unit. */
export interface Service {
  type: string | undefined
  execStart: number
  execStop: number
  successAction: boolean
  remainAfterExit: boolean
  restart: string
  restartForceExitStatus: boolean
  exitTypeCgroup: boolean
  busName: boolean
  pamName: boolean
  killMode: string
  homeWorkingDirectory: boolean
}

export function newState(): State {
  return {
    PrivateDevices: false,
    PrivateNetwork: false,
    PrivateTmp: false,
    PrivateUsers: false,
    ProtectControlGroups: false,
    ProtectKernelModules: false,
    ProtectKernelTunables: false,
    ProtectKernelLogs: false,
    ProtectClock: false,
    ProtectHostname: false,
    LockPersonality: false,
    MemoryDenyWriteExecute: false,
    NoNewPrivileges: false,
    RestrictRealtime: false,
    RestrictSUIDSGID: false,
    RemoveIPC: false,
    DynamicUser: false,
    Delegate: false,
    defaultDependencies: true,
    user: '',
    group: '',
    supplementaryGroups: 0,
    privateMounts: undefined,
    protectHome: 'no',
    protectSystem: 'no',
    privateUsersManaged: false,
    rootDirectory: '',
    rootImage: '',
    rootMStack: false,
    umask: 0o022,
    keyringMode: 'private',
    protectProc: 'default',
    procSubset: 'all',
    notifyAccess: 'none',
    devicePolicy: 'auto',
    devices: 0,
    mountImages: 0,
    loadCredentials: new Map(),
    setCredentials: new Map(),
    importCredentials: 0,
    boundingSet: allBits(capabilityWords),
    ambientSet: noBits(capabilityWords),
    namespaces: undefined,
    families: { allow: false, listed: undefined },
    filter: undefined,
    architectures: new Set(),
    allowed: [],
    denied: [],
    ingressFilters: 0,
    egressFilters: 0,
    service: newService(),
  }
}

function newService(): Service {
  return {
    type: undefined,
    execStart: 0,
    execStop: 0,
    successAction: false,
    remainAfterExit: false,
    restart: 'no',
    restartForceExitStatus: false,
    exitTypeCgroup: false,
    busName: false,
    pamName: false,
    killMode: 'control-group',
    homeWorkingDirectory: false,
  }
}
