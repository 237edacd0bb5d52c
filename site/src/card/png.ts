import { crc32, deflate } from '../packing/deflate.ts'
import type { Canvas } from './canvas.ts'

type Color = readonly [red: number, green: number, blue: number]

/** A PNG with a palette: rows as differences to the row above, so that flat pictures get small. */
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

function chunk(type: string, data: number[]): number[] {
  const named = [...[...type].map((letter) => letter.charCodeAt(0)), ...data]
  return [...bigEndian(data.length), ...named, ...bigEndian(crc32(named))]
}

function bigEndian(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255)
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
