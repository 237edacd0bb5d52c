import { expand } from '../specifiers.ts'
import type { Env, State, Switch } from '../state.ts'
import { readBoolean, type Reader } from './reader.ts'

const notBoolean = (value: string) =>
  value === ''
    ? 'the empty value is ignored; write yes or no'
    : `"${value}" is no yes or no; it is ignored`

/** Words besides yes and no that count as on, with the systemd that first knew them. */
const strengths: Partial<Record<Switch, Record<string, number>>> = {
  PrivateTmp: { connected: 257, disconnected: 257 },
  PrivateUsers: { self: 257, identity: 257, full: 258, managed: 260 },
  ProtectControlGroups: { private: 257, strict: 257 },
}

function switchReader(name: Switch): Reader {
  const words = strengths[name]
  return (state, value, env) => {
    const on = readBoolean(value) ?? wordIsKnown(words?.[value], env)
    if (on === undefined) return env.ignored(notBoolean(value))
    state[name] = on
    return undefined
  }
}

function wordIsKnown(since: number | undefined, env: Env): true | undefined {
  return since !== undefined && since <= env.systemd ? true : undefined
}

/** One of a few words, spelt exactly; anything else is ignored. */
function wordReader(words: string[], set: (state: State, word: string) => void): Reader {
  return (state, value, env) => {
    if (!words.includes(value)) return env.ignored(`"${value}" is none of ${words.join(', ')}`)
    set(state, value)
    return undefined
  }
}

function booleanReader(set: (state: State, on: boolean) => void): Reader {
  return (state, value, env) => {
    const on = readBoolean(value)
    if (on === undefined) return env.ignored(notBoolean(value))
    set(state, on)
    return undefined
  }
}

/** A boolean or one of a few words. */
function gradeReader<T extends string>(
  words: T[],
  set: (state: State, grade: T | 'yes' | 'no') => void,
): Reader {
  return (state, value, env) => {
    const on = readBoolean(value)
    if (on !== undefined) set(state, on ? 'yes' : 'no')
    else if (words.includes(value as T)) set(state, value as T)
    else return env.ignored(`"${value}" is none of yes, no, ${words.join(', ')}`)
    return undefined
  }
}

const plain: Switch[] = [
  'PrivateDevices',
  'PrivateNetwork',
  'PrivateTmp',
  'ProtectControlGroups',
  'ProtectKernelModules',
  'ProtectKernelTunables',
  'ProtectKernelLogs',
  'ProtectClock',
  'LockPersonality',
  'MemoryDenyWriteExecute',
  'NoNewPrivileges',
  'RestrictRealtime',
  'RestrictSUIDSGID',
  'RemoveIPC',
]

const privateUsers = switchReader('PrivateUsers')

export const switchReaders: Record<string, Reader> = {
  ...Object.fromEntries(plain.map((name) => [name, switchReader(name)])),
  PrivateUsers(state, value, env) {
    const before = state.PrivateUsers
    const refused = privateUsers(state, value, env)
    if (value === 'managed' && env.systemd >= 260) state.privateUsersManaged = true
    else if (before !== state.PrivateUsers || known(value, env)) state.privateUsersManaged = false
    return refused
  },
  PrivateMounts(state, value, env) {
    const on = readBoolean(value)
    if (on === undefined && (value !== '' || env.systemd < 254))
      return env.ignored(notBoolean(value))
    state.privateMounts = on
    return undefined
  },
  ProtectHostname(state, value, env) {
    const on = hostnameSwitch(value, env)
    if (on === undefined)
      return env.ignored(`"${value}" is no value of ProtectHostname; it is ignored`)
    state.ProtectHostname = on
    return undefined
  },
  DynamicUser(state, value) {
    const on = readBoolean(value)
    if (on === undefined) return `DynamicUser "${value}" is neither yes nor no`
    state.DynamicUser = on
    return undefined
  },
  ProtectHome: gradeReader(
    ['read-only', 'tmpfs'],
    (state, grade) => void (state.protectHome = grade),
  ),
  ProtectSystem: gradeReader(
    ['full', 'strict'],
    (state, grade) => void (state.protectSystem = grade),
  ),
  KeyringMode: wordReader(
    ['inherit', 'private', 'shared'],
    (state, word) => void (state.keyringMode = word),
  ),
  ProtectProc: wordReader(
    ['default', 'noaccess', 'invisible', 'ptraceable'],
    (state, word) => void (state.protectProc = word),
  ),
  ProcSubset: wordReader(['all', 'pid'], (state, word) => void (state.procSubset = word)),
  NotifyAccess: wordReader(
    ['none', 'main', 'exec', 'all'],
    (state, word) => void (state.notifyAccess = word),
  ),
  DevicePolicy: wordReader(
    ['auto', 'closed', 'strict'],
    (state, word) => void (state.devicePolicy = word),
  ),
}

export const defaultDependencies: Reader = booleanReader(
  (state, on) => void (state.defaultDependencies = on),
)

function known(value: string, env: Env): boolean {
  return (
    readBoolean(value) !== undefined ||
    wordIsKnown(strengths.PrivateUsers![value], env) !== undefined
  )
}

/** From 258 `yes` and `private` may carry `:name`, and the empty value is off. */
function hostnameSwitch(value: string, env: Env): boolean | undefined {
  if (env.systemd < 258) return readBoolean(value)
  if (value === '') return false
  const colon = value.indexOf(':')
  const mode = colon < 0 ? value : value.slice(0, colon)
  const on = mode === 'private' ? true : readBoolean(mode)
  if (colon < 0 || on === undefined) return on
  const host = expand(value.slice(colon + 1), env.name)
  return on && host !== undefined && isHostName(host) ? true : undefined
}

function isHostName(text: string): boolean {
  return (
    text.length <= 64 &&
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(text)
  )
}
