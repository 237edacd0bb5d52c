import { addBits, noBits, removeBits } from '../bits.ts'
import { cutWords } from '../words.ts'
import { errnoNames } from './errno.ts'
import { readNumber, upperAscii, type Reader } from './reader.ts'

export const syscallReaders: Record<string, Reader> = {
  SystemCallFilter(state, value, env) {
    if (value === '') {
      state.filter = undefined
      return undefined
    }
    const invert = value.startsWith('~')
    const length = env.tables.assessed[0]!.length
    if (!state.filter) {
      state.filter = { allow: !invert, listed: noBits(length), withErrno: noBits(length) }
      if (!invert) addBits(state.filter.listed, env.tables.words.get('@default')!)
    }
    const { allow, listed, withErrno } = state.filter
    const { words, broken } = cutWords(invert ? value.slice(1) : value, 'plain')
    for (const word of words) {
      const colon = word.indexOf(':')
      const name = colon < 0 ? word : word.slice(0, colon)
      if (
        colon >= 0 &&
        !(takesErrno(invert, env.systemd) && name !== '' && isErrno(word.slice(colon + 1)))
      ) {
        env.ignored(`"${word}" is ignored: what follows ":" does not belong here`)
        continue
      }
      const bits = env.tables.words.get(name)
      if (!bits) {
        if (!env.tables.calls.has(name))
          env.ignored(`"${name}" is no system call or group; it is ignored`)
        continue
      }
      removeBits(withErrno, bits)
      if (invert === allow) removeBits(listed, bits)
      else addBits(listed, bits)
      if (invert !== allow && colon >= 0) addBits(withErrno, bits)
    }
    return broken === undefined ? undefined : env.ignored('the value ends in a backslash')
  },
}

/** Before 248 also a line that allows could name an error. */
function takesErrno(invert: boolean, systemd: number): boolean {
  return invert || systemd < 248
}

function isErrno(text: string): boolean {
  if (text === 'kill' || errnoNames.has(upperAscii(text))) return true
  const number = readNumber(text)
  return number !== undefined && number >= 0 && number <= 4095
}
