import type { Canvas } from './canvas.ts'

type Color = readonly [red: number, green: number, blue: number]

/**
 * A PNG with a palette. zlib packs otherwise on another processor, so the bytes are packed here: rows as differences to the
 * row above, runs of equal bytes as a copy from one byte before, Huffman's fixed codes. Flat pictures get small enough.
 */
export function encodePng(
  { width, height, pixels }: Canvas,
  palette: Color[],
): Uint8Array<ArrayBuffer> {
  const header = [...bigEndian(width), ...bigEndian(height), 8, 3, 0, 0, 0]
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk('IHDR', header),
    ...chunk('PLTE', palette.flat()),
    ...chunk('IDAT', zlib(filtered(width, height, pixels))),
    ...chunk('IEND', []),
  ])
}

/** Each row led by the filter "up", and less the row above. */
function filtered(width: number, height: number, pixels: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((width + 1) * height)
  for (let row = 0; row < height; row++) {
    const to = row * (width + 1)
    bytes[to] = 2
    for (let column = 0; column < width; column++) {
      const at = row * width + column
      const above = row === 0 ? 0 : pixels[at - width]!
      bytes[to + 1 + column] = pixels[at]! - above
    }
  }
  return bytes
}

function zlib(bytes: Uint8Array): number[] {
  return [0x78, 0x01, ...deflate(bytes), ...bigEndian(adler32(bytes))]
}

/** One block with the fixed codes of RFC 1951, section 3.2.6. */
function deflate(bytes: Uint8Array): number[] {
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

function chunk(type: string, data: number[]): number[] {
  const named = [...[...type].map((letter) => letter.charCodeAt(0)), ...data]
  return [...bigEndian(data.length), ...named, ...bigEndian(crc32(named))]
}

function bigEndian(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255)
}

const table = Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value >>> 0
})

function crc32(bytes: number[]): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

function adler32(bytes: Uint8Array): number {
  let low = 1
  let high = 0
  // So many bytes at a time cannot leave the whole numbers that are exact.
  for (let start = 0; start < bytes.length; start += 5552) {
    const end = Math.min(start + 5552, bytes.length)
    for (let at = start; at < end; at++) {
      low += bytes[at]!
      high += low
    }
    low %= 65521
    high %= 65521
  }
  return ((high << 16) | low) >>> 0
}
