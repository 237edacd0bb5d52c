import { addBits, noBits, removeBits, setBit } from '../bits.ts'
import { addressFamilies, architectures, familyAliases, namespaceTypes } from '../names.ts'
import { families } from '../state.ts'
import { cutWords } from '../words.ts'
import { readBoolean, upperAscii, type Reader } from './reader.ts'

const allNamespaces = (1 << namespaceTypes.length) - 1

const familyNumbers = new Map<string, number>()
for (const name of addressFamilies)
  familyNumbers.set(name.toUpperCase(), addressFamilies.indexOf(familyAliases[name] ?? name))

/** Names that came after 247, with the first of our versions that knows them. */
const since: Record<string, number> = { parisc: 252, parisc64: 252, loongarch64: 255, AF_MCTP: 252 }

const architectureNames = new Set(architectures)

function familyNumber(word: string, systemd: number): number | undefined {
  const name = familyNumbers.has(word) ? word : upperAscii(word)
  return (since[name] ?? 0) <= systemd ? familyNumbers.get(name) : undefined
}

export const restrictionReaders: Record<string, Reader> = {
  RestrictNamespaces(state, value, env) {
    if (value === '') {
      state.namespaces = undefined
      return undefined
    }
    const on = readBoolean(value)
    if (on !== undefined) {
      state.namespaces = on ? 0 : allNamespaces
      return undefined
    }
    const invert = value.startsWith('~')
    const { words, broken } = cutWords(invert ? value.slice(1) : value, 'plain')
    if (broken !== undefined)
      return env.ignored('the value ends in a backslash; the line is ignored')
    let named = 0
    for (const word of words) {
      const type = namespaceTypes.indexOf(word)
      if (type < 0 || (word === 'time' && env.systemd < 250))
        return env.ignored(`"${word}" is no kind of namespace; the whole line is ignored`)
      named |= 1 << type
    }
    if (state.namespaces === undefined) state.namespaces = invert ? allNamespaces & ~named : named
    else if (invert) state.namespaces &= ~named
    else state.namespaces |= named
    return undefined
  },

  RestrictAddressFamilies(state, value, env) {
    if (value === '' || (value === 'none' && env.systemd >= 249)) {
      state.families = { allow: value !== '', listed: undefined }
      return undefined
    }
    const invert = value.startsWith('~')
    state.families.allow = state.families.listed ? state.families.allow : !invert
    const listed = (state.families.listed ??= noBits(families))
    const { words, broken } = cutWords(invert ? value.slice(1) : value, 'quoted')
    for (const word of words) {
      const number = familyNumber(word, env.systemd)
      if (number === undefined) {
        env.ignored(`"${word}" is no address family; it is ignored`)
        if (env.systemd >= 261) return undefined
        continue
      }
      const bit = noBits(families)
      setBit(bit, number)
      if (invert !== state.families.allow) addBits(listed, bit)
      else removeBits(listed, bit)
    }
    return broken === undefined ? undefined : env.ignored('a quote is not closed')
  },

  SystemCallArchitectures(state, value, env) {
    if (value === '') {
      state.architectures.clear()
      return undefined
    }
    const { words, broken } = cutWords(value, 'quoted')
    for (const word of words)
      if (architectureNames.has(word) && (since[word] ?? 0) <= env.systemd)
        state.architectures.add(word)
      else env.ignored(`"${word}" is no architecture; it is ignored`)
    return broken === undefined ? undefined : env.ignored('a quote is not closed')
  },
}
