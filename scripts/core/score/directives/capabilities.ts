import {
  addBits,
  allBits,
  invertBits,
  noBits,
  removeBits,
  sameBits,
  setBit,
  type Bits,
} from '../bits.ts'
import { capabilities } from '../names.ts'
import { capabilityWords, type Env } from '../state.ts'
import { cutWords } from '../words.ts'
import { readNumber, upperAscii, type Reader } from './reader.ts'

const numbers = new Map(capabilities.map((name, number) => [name, number]))
const none = noBits(capabilityWords)
const all = allBits(capabilityWords)
/** What a running kernel knows, CAP_CHECKPOINT_RESTORE being the last. */
const kernel: Bits = [-1, (1 << (capabilities.length - 32)) - 1]

function capabilityReader(field: 'boundingSet' | 'ambientSet', initial: Bits): Reader {
  return (state, value, env) => {
    const invert = value.startsWith('~')
    const named = readCapabilities(invert ? value.slice(1) : value, env)
    const set = state[field]
    if (sameBits(named, none) || sameBits(set, initial)) {
      state[field] = invert ? invertBits(named) : named
      if (invert && env.systemd >= 259) removeBits(state[field], invertBits(kernel))
    } else if (invert) removeBits(set, named)
    else addBits(set, named)
    return undefined
  }
}

function readCapabilities(text: string, env: Env): Bits {
  const bits = noBits(capabilityWords)
  const { words, broken } = cutWords(text, 'quoted')
  if (broken !== undefined && env.systemd >= 254) words.push(broken)
  for (const word of words) {
    const number = numbers.get(word) ?? numbers.get(upperAscii(word)) ?? readCapability(word, env)
    if (number === undefined) env.ignored(`"${word}" is no capability; it is ignored`)
    else setBit(bits, number)
  }
  return bits
}

function readCapability(word: string, env: Env): number | undefined {
  const number = readNumber(word)
  return number !== undefined && number >= 0 && number <= (env.systemd < 254 ? 63 : 62)
    ? number
    : undefined
}

export const capabilityReaders: Record<string, Reader> = {
  CapabilityBoundingSet: capabilityReader('boundingSet', all),
  AmbientCapabilities: capabilityReader('ambientSet', none),
}
