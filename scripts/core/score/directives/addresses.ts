import type { Prefix, State } from '../state.ts'
import { cutWords } from '../words.ts'
import { lowerAscii, readNumber, type Reader } from './reader.ts'

const v4 = (a: number, b: number, c: number, d: number, length: number): Prefix => ({
  bytes: [a, b, c, d],
  length,
})
const v6 = (first: number[], last: number, length: number): Prefix => ({
  bytes: [...first, ...new Array<number>(15 - first.length).fill(0), last],
  length,
})

const groups: Record<string, Prefix[]> = {
  any: [v4(0, 0, 0, 0, 0), v6([], 0, 0)],
  'link-local': [v4(169, 254, 0, 0, 16), v6([0xfe, 0x80], 0, 64)],
  multicast: [v4(224, 0, 0, 0, 4), v6([0xff], 0, 8)],
}
const localhost = [v4(127, 0, 0, 0, 8), v6([], 1, 128)]

function addressReader(field: 'allowed' | 'denied'): Reader {
  return (state: State, value, env) => {
    if (value === '') {
      state[field] = []
      return undefined
    }
    const { words, broken } = cutWords(value, 'plain')
    for (const word of words) {
      const prefixes = readPrefixes(word)
      if (prefixes) state[field].push(...prefixes)
      else env.ignored(`"${word}" is no address that systemd reads; it is ignored`)
      if (!prefixes && env.systemd < 250) return undefined // there it ends the line
    }
    return broken === undefined ? undefined : env.ignored('the value ends in a backslash')
  }
}

function readPrefixes(word: string): Prefix[] | undefined {
  if (Object.hasOwn(groups, word)) return groups[word]
  if (isLocalhost(word)) return localhost
  const slash = word.indexOf('/')
  const bytes = readAddress(slash < 0 ? word : word.slice(0, slash))
  if (!bytes) return undefined
  const length = slash < 0 ? bytes.length * 8 : readNumber(word.slice(slash + 1))
  if (length === undefined || length < 0 || length > bytes.length * 8) return undefined
  return [{ bytes: mask(bytes, length), length }]
}

function isLocalhost(word: string): boolean {
  return /^(localhost|localhost\.localdomain|.*\.localhost|.*\.localhost\.localdomain)\.?$/.test(
    lowerAscii(word),
  )
}

function readAddress(text: string): number[] | undefined {
  return readV4(text) ?? readV6(text)
}

function readV4(text: string): number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes = parts.map((part) => (/^(0|[1-9][0-9]{0,2})$/.test(part) ? Number(part) : 256))
  return bytes.every((byte) => byte < 256) ? bytes : undefined
}

function readV6(text: string): number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const parts = halves.map((half, index) => readGroups(half, index === halves.length - 1))
  const [head, tail] = parts
  if (!head || (halves.length === 2 && !tail)) return undefined
  const missing = 16 - head.length - (tail?.length ?? 0)
  if (halves.length === 1) return missing === 0 ? head : undefined
  return missing < 2 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail!]
}

/** Groups between colons; the last may be an IPv4 address. */
function readGroups(half: string, last: boolean): number[] | undefined {
  if (half === '') return []
  const bytes: number[] = []
  const parts = half.split(':')
  for (const [index, part] of parts.entries()) {
    const four = last && index === parts.length - 1 ? readV4(part) : undefined
    if (four) bytes.push(...four)
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      const group = parseInt(part, 16)
      bytes.push(group >> 8, group & 255)
    } else return undefined
  }
  return bytes
}

function mask(bytes: number[], length: number): number[] {
  return bytes.map((byte, index) => {
    const bits = Math.max(0, Math.min(8, length - index * 8))
    return byte & (0xff00 >> bits) & 255
  })
}

export const addressReaders: Record<string, Reader> = {
  IPAddressAllow: addressReader('allowed'),
  IPAddressDeny: addressReader('denied'),
}
