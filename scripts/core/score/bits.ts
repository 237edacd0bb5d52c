/** A set of small numbers, 32 to a word; all sets of one kind have the same length. */
export type Bits = number[]

export function noBits(words: number): Bits {
  return new Array<number>(words).fill(0)
}

export function allBits(words: number): Bits {
  return new Array<number>(words).fill(-1)
}

export function setBit(bits: Bits, index: number): void {
  bits[index >> 5]! |= 1 << (index & 31)
}

export function hasBit(bits: Bits, index: number): boolean {
  return ((bits[index >> 5]! >>> (index & 31)) & 1) === 1
}

export function addBits(into: Bits, bits: Bits): void {
  for (let word = 0; word < into.length; word++) into[word]! |= bits[word]!
}

export function removeBits(from: Bits, bits: Bits): void {
  for (let word = 0; word < from.length; word++) from[word]! &= ~bits[word]!
}

export function invertBits(bits: Bits): Bits {
  return bits.map((word) => ~word)
}

export function meet(left: Bits, right: Bits): boolean {
  for (let word = 0; word < left.length; word++) if (left[word]! & right[word]!) return true
  return false
}

export function covers(all: Bits, some: Bits): boolean {
  for (let word = 0; word < all.length; word++) if (some[word]! & ~all[word]!) return false
  return true
}

export function sameBits(left: Bits, right: Bits): boolean {
  for (let word = 0; word < left.length; word++) if (left[word] !== right[word]) return false
  return true
}
