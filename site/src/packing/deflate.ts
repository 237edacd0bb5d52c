/**
 * One block of RFC 1951: runs of equal bytes as a copy from one byte before, and the fixed codes of section 3.2.6. zlib packs
 * otherwise on another processor, and the build has to give the same bytes everywhere.
 */
export function deflate(bytes: Uint8Array): number[] {
  const out: number[] = []
  let held = 0
  let count = 0
  const bits = (value: number, length: number) => {
    held |= value << count
    count += length
    for (; count >= 8; count -= 8, held >>>= 8) out.push(held & 255)
  }
  const symbol = (value: number) => {
    const { code, length } = symbols[value]!
    bits(code, length)
  }
  bits(1, 1)
  bits(1, 2)
  for (let at = 0; at < bytes.length;) {
    const run = at > 0 ? runAt(bytes, at) : 0
    if (run < 3) symbol(bytes[at++]!)
    else {
      const [length, extra, size] = lengthCode(run)
      symbol(length)
      bits(extra, size)
      // The distance of one has the code 0, in five bits.
      bits(0, 5)
      at += run
    }
  }
  symbol(256)
  if (count > 0) out.push(held & 255)
  return out
}

/** How many bytes from here on repeat the one before, as far as one code reaches. */
function runAt(bytes: Uint8Array, at: number): number {
  const last = bytes[at - 1]!
  const most = Math.min(at + 258, bytes.length)
  let end = at
  while (end < most && bytes[end] === last) end++
  return end - at
}

/** The fixed codes, turned round as they are written. */
const symbols = Array.from({ length: 288 }, (_, value) => {
  const [code, length] =
    value < 144
      ? [0x30 + value, 8]
      : value < 256
        ? [0x190 + value - 144, 9]
        : value < 280
          ? [value - 256, 7]
          : [0xc0 + value - 280, 8]
  return { code: reversed(code, length), length }
})

/** The code of a length of 3 to 258, its extra bits and how many they are. */
function lengthCode(length: number): [code: number, extra: number, size: number] {
  if (length === 258) return [285, 0, 0]
  if (length < 11) return [254 + length, 0, 0]
  const size = Math.floor(Math.log2(length - 3)) - 2
  const first = 3 + (4 << size)
  const step = (length - first) >> size
  return [261 + 4 * size + step, (length - first) & ((1 << size) - 1), size]
}

function reversed(value: number, length: number): number {
  let turned = 0
  for (let bit = 0; bit < length; bit++) turned |= ((value >> bit) & 1) << (length - 1 - bit)
  return turned
}

const table = Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value >>> 0
})

/** As gzip and PNG want it. */
export function crc32(bytes: Iterable<number>): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
