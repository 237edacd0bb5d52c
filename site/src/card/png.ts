import { crc32 } from 'node:zlib'
import { deflate } from '../packing/deflate.ts'
import { joined } from '../packing/joined.ts'
import type { Canvas } from './canvas.ts'

type Color = readonly [red: number, green: number, blue: number]

/** A PNG with a palette: rows as differences to the row above, so that flat pictures get small. */
export function encodePng(
  { width, height, pixels }: Canvas,
  palette: Color[],
): Uint8Array<ArrayBuffer> {
  const header = [...bigEndian(width), ...bigEndian(height), 8, 3, 0, 0, 0]
  return joined([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', Uint8Array.from(header)),
    chunk('PLTE', Uint8Array.from(palette.flat())),
    chunk('IDAT', zlib(filtered(width, height, pixels))),
    chunk('IEND', new Uint8Array()),
  ])
}

/** The rows of the picture before: a thousand pictures of one size need no more room than one. */
let rows = new Uint8Array()

/** Each row led by the filter "up", and less the row above. */
function filtered(width: number, height: number, pixels: Uint8Array): Uint8Array {
  const size = (width + 1) * height
  if (rows.length !== size) rows = new Uint8Array(size)
  for (let row = 0, to = 0, at = 0; row < height; row++) {
    rows[to++] = 2
    for (const end = at + width; at < end; at++) {
      rows[to++] = pixels[at]! - (row === 0 ? 0 : pixels[at - width]!)
    }
  }
  return rows
}

function zlib(bytes: Uint8Array): Uint8Array {
  return joined([Uint8Array.of(0x78, 0x01), deflate(bytes), bigEndian(adler32(bytes))])
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const named = joined([new TextEncoder().encode(type), data])
  return joined([bigEndian(data.length), named, bigEndian(crc32(named))])
}

function bigEndian(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
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
