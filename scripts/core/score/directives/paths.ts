import { expand } from '../specifiers.ts'
import type { Env, State } from '../state.ts'
import { cutWords, nextWord, skipBlanks } from '../words.ts'
import { readBoolean, type Reader } from './reader.ts'

/** Without doubled slashes, `.` parts and a trailing slash; undefined for a path that is not absolute or climbs. */
export function simplifyPath(path: string, systemd: number): string | undefined {
  if (!path.startsWith('/')) return undefined
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length === 0 && systemd >= 255) continue
    if (part === '..') return undefined
    parts.push(part)
  }
  return '/' + parts.join('/')
}

function pathReader(setting: string, set: (state: State, path: string) => void): Reader {
  return (state, value, env) => {
    const expanded = value === '' ? '' : expand(value, env.name)
    const path = value === '' ? '' : simplifyPath(expanded ?? '', env.systemd)
    if (path === undefined) return `${setting} "${value}" is no absolute path without ".."`
    set(state, path)
    return undefined
  }
}

export const pathReaders: Record<string, Reader> = {
  RootDirectory: pathReader('RootDirectory', (state, path) => void (state.rootDirectory = path)),
  RootImage: pathReader('RootImage', (state, path) => void (state.rootImage = path)),
  RootVerity: pathReader('RootVerity', () => undefined),
  RootMStack(state, value, env) {
    if (env.systemd < 260) return undefined
    return rootMStack(state, value, env)
  },
  IPIngressFilterPath: filterReader('ingressFilters'),
  IPEgressFilterPath: filterReader('egressFilters'),

  DeviceAllow(state, value, env) {
    if (value === '') {
      state.devices = 0
      return undefined
    }
    const { word, end, broken } = nextWord(value, 0, 'quoted')
    const device = broken ? undefined : expand(word, env.name)
    const rights = value.slice(skipBlanks(value, end))
    if (device === undefined || !isDevice(device, env))
      return env.ignored(`"${word}" is no device; the line is ignored`)
    if (!/^[rwm]*$/.test(rights))
      return env.ignored(`"${rights}" is more than r, w and m; the line is ignored`)
    state.devices++
    return undefined
  },

  MountImages(state, value, env) {
    if (value === '') {
      state.mountImages = 0
      return undefined
    }
    for (const word of cutWords(value, 'quoted').words)
      if (/^-?\/[^:]*:\/[^:]*(:|$)/.test(word)) state.mountImages++
      else env.ignored(`"${word}" is no source:destination; it is ignored`)
    return undefined
  },

  LoadCredential: credentialReader('loadCredentials', false),
  LoadCredentialEncrypted: credentialReader('loadCredentials', true),
  SetCredential: credentialReader('setCredentials', false),
  SetCredentialEncrypted: credentialReader('setCredentials', true),

  ImportCredential(state, value, env) {
    if (value === '') state.importCredentials = 0
    else if (env.systemd >= 254) state.importCredentials++
    return undefined
  },

  UMask(state, value, env) {
    if (!/^[0-7]+$/.test(value) || parseInt(value, 8) > 0o7777)
      return env.ignored(`"${value}" is no octal mode; it is ignored`)
    state.umask = parseInt(value, 8)
    return undefined
  },

  Delegate(state, value, env) {
    const on = readBoolean(value)
    if (on === undefined && cutWords(value, 'quoted').broken !== undefined)
      return env.ignored('a quote is not closed; the line is ignored')
    state.Delegate = on ?? true
    return undefined
  },
}

const rootMStack = pathReader('RootMStack', (state, path) => void (state.rootMStack = path !== ''))

function filterReader(field: 'ingressFilters' | 'egressFilters'): Reader {
  return (state, value, env) => {
    if (value === '') state[field] = 0
    else if (simplifyPath(expand(value, env.name) ?? '', env.systemd) === undefined)
      return env.ignored(`"${value}" is no absolute path; it is ignored`)
    else state[field]++
    return undefined
  }
}

function isDevice(device: string, env: Env): boolean {
  if (device.startsWith('block-') || device.startsWith('char-')) return true
  const path = simplifyPath(device, env.systemd)
  return path !== undefined && /^\/(dev|run\/systemd\/inaccessible)(\/|$)/.test(path)
}

function credentialReader(field: 'loadCredentials' | 'setCredentials', encrypted: boolean): Reader {
  return (state, value, env) => {
    if (encrypted && env.systemd < 250) return undefined
    if (value === '') {
      state[field].clear()
      return undefined
    }
    const colon = value.indexOf(':')
    const id = expand(colon < 0 ? value : value.slice(0, colon), env.name)
    const rest = colon < 0 ? '' : value.slice(colon + 1)
    const fits =
      field === 'setCredentials'
        ? rest !== '' && (!encrypted || isBase64(rest))
        : isSource(rest, env)
    if (id === undefined || !isCredentialName(id) || !fits)
      return env.ignored(`"${value}" is no credential; it is ignored`)
    state[field].set(id, encrypted)
    return undefined
  }
}

function isCredentialName(text: string): boolean {
  return /^[ -9;-~]{1,255}$/.test(text) && !text.includes('/') && text !== '.' && text !== '..'
}

function isSource(text: string, env: Env): boolean {
  const path = expand(text, env.name)
  if (path === undefined) return false
  return path.startsWith('/')
    ? simplifyPath(path, env.systemd) !== undefined
    : path === '' || isCredentialName(path)
}

function isBase64(text: string): boolean {
  const letters = text.replace(/[ \t\n\r]/g, '')
  return letters.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(letters)
}
