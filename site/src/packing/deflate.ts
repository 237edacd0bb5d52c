import { joined } from './joined.ts'

/**
 * One block of RFC 1951: runs of equal bytes as a copy from one byte before, and the fixed codes of section 3.2.6. zlib packs
 * otherwise on another processor, and the build has to give the same bytes everywhere.
 */
export function deflate(bytes: Uint8Array): Uint8Array {
  let out = new Uint8Array(1 << 16)
  let end = 0
  let held = 0
  let count = 0
  const bits = (value: number, length: number) => {
    held |= value << count
    count += length
    if (end + 4 > out.length) out = joined([out, new Uint8Array(out.length)])
    for (; count >= 8; count -= 8, held >>>= 8) out[end++] = held & 255
  }
  const symbol = (value: number) => bits(codes[value]!, lengths[value]!)
  bits(1, 1)
  bits(1, 2)
  for (let at = 0; at < bytes.length;) {
    const run = at > 0 ? runAt(bytes, at) : 0
    if (run < 3) symbol(bytes[at++]!)
    else {
      const [length, extra, size] = runs[run]!
      symbol(length)
      bits(extra, size)
      // The distance of one has the code 0, in five bits.
      bits(0, 5)
      at += run
    }
  }
  symbol(256)
  if (count > 0) out[end++] = held & 255
  return out.slice(0, end)
}

/** How many bytes from here on repeat the one before, as far as one code reaches. */
function runAt(bytes: Uint8Array, at: number): number {
  const last = bytes[at - 1]!
  const most = Math.min(at + 258, bytes.length)
  let end = at
  while (end < most && bytes[end] === last) end++
  return end - at
}

/** How many bits a fixed code has. */
const lengths = Uint8Array.from({ length: 288 }, (_, value) =>
  value < 144 ? 8 : value < 256 ? 9 : value < 280 ? 7 : 8,
)

/** The fixed codes, turned round as they are written. */
const codes = Uint16Array.from({ length: 288 }, (_, value) => {
  const code =
    value < 144
      ? 0x30 + value
      : value < 256
        ? 0x190 + value - 144
        : value < 280
          ? value - 256
          : 0xc0 + value - 280
  return reversed(code, lengths[value]!)
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

const runs = Array.from({ length: 259 }, (_, length) => lengthCode(Math.max(3, length)))

function reversed(value: number, length: number): number {
  let turned = 0
  for (let bit = 0; bit < length; bit++) turned |= ((value >> bit) & 1) << (length - 1 - bit)
  return turned
}
