import { expand } from '../specifiers.ts'
import type { Env } from '../state.ts'
import { cutWords } from '../words.ts'
import type { Reader } from './reader.ts'

const forbidden = /[\x00-\x1f\x7f:/]/

/** What systemd accepts in User= and its like; it is lenient, for names from a directory service. */
export function isUserName(name: string): boolean {
  if (/^[0-9]+$/.test(name)) return isUserNumber(name)
  return (
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    !name.startsWith(' ') &&
    !name.endsWith(' ') &&
    !forbidden.test(name) &&
    !/^-[0-9]*$/.test(name)
  )
}

function isUserNumber(digits: string): boolean {
  if (digits.length > 1 && digits.startsWith('0')) return false
  const number = Number(digits)
  return number <= 4294967294 && number !== 65535
}

/** The generated account of DynamicUser= takes the unit's name only where that is a plain user name. */
export function isStrictUserName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_-]{0,30}$/.test(name)
}

function userReader(setting: 'User' | 'Group', field: 'user' | 'group'): Reader {
  return (state, value, env) => {
    if (value === '') {
      state[field] = ''
      return undefined
    }
    const name = resolve(value, env)
    if (name === undefined) return `${setting} "${value}" is no name that systemd accepts`
    state[field] = name
    return undefined
  }
}

function resolve(value: string, env: Env): string | undefined {
  const name = expand(value, env.name)
  return name !== undefined && isUserName(name) ? name : undefined
}

export const userReaders: Record<string, Reader> = {
  User: userReader('User', 'user'),
  Group: userReader('Group', 'group'),
  SupplementaryGroups(state, value, env) {
    if (value === '') {
      state.supplementaryGroups = 0
      return undefined
    }
    const { words, broken } = cutWords(value, 'plain')
    for (const word of words) {
      const name = resolve(word, env)
      if (name === undefined) return `SupplementaryGroups "${word}" is no name that systemd accepts`
      state.supplementaryGroups++
    }
    return broken === undefined ? undefined : env.ignored('the value ends in a backslash')
  },
}
