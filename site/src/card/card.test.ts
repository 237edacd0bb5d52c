import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32, inflateSync } from 'node:zlib'
import { digest } from '../../../scripts/digest.ts'
import { createCanvas, fill, widthOf, write } from './canvas.ts'
import { drawCard } from './card.ts'
import { encodePng } from './png.ts'

/** Reads a PNG as any reader would: sums checked, unpacked by zlib, the filter undone. */
function decode(png: Uint8Array) {
  const view = new DataView(png.buffer)
  const chunks: Record<string, Uint8Array> = {}
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at)
    const named = png.subarray(at + 4, at + 8 + length)
    assert.equal(view.getUint32(at + 8 + length), crc32(named))
    chunks[String.fromCharCode(...named.subarray(0, 4))] = named.subarray(4)
    at += 12 + length
  }
  const header = chunks['IHDR']!
  const [width, height] = [0, 4].map((at) =>
    new DataView(header.buffer, header.byteOffset).getUint32(at),
  ) as [number, number]
  const rows = inflateSync(chunks['IDAT']!)
  const pixels = new Uint8Array(width * height)
  for (let row = 0; row < height; row++) {
    assert.equal(rows[row * (width + 1)], 2)
    for (let column = 0; column < width; column++) {
      const above = row === 0 ? 0 : pixels[(row - 1) * width + column]!
      pixels[row * width + column] = rows[row * (width + 1) + 1 + column]! + above
    }
  }
  return { width, height, pixels }
}

test('what is drawn is what a reader unpacks, whatever the run of bytes', () => {
  const canvas = createCanvas(701, 40)
  write(canvas, 'Aa→9.6?', 10, 30, 2, 1)
  for (let length = 1; length < 300; length += 7)
    fill(canvas, length % 40, 0, length % 40, length, 1)
  const png = encodePng(canvas, [[255, 255, 255]])
  assert.deepEqual(decode(png), canvas)
})

const before = { exposure: '9.6', level: 'UNSAFE' }
const after = { exposure: '1.9', level: 'OK' }

test('the picture has the size that links want, and its bytes are the same on every machine', () => {
  const png = drawCard({ title: 'nginx', score: { before, after }, lines: ['24 checks pass.'] })
  const { width, height } = decode(png)
  assert.deepEqual([width, height], [1200, 630])
  assert.equal(
    digest(Buffer.from(png).toString('latin1')),
    'sha256:12adf3d4518c14d7d36ec6242ff7abcfab829f72d73e337323a24516c96276f9',
  )
})

test('a name that is too long is written smaller, one in other letters as boxes', () => {
  const wide = decode(drawCard({ title: 'W'.repeat(80), lines: [] }))
  const right = Array.from({ length: wide.height }, (_, row) => wide.pixels[row * 1200 + 1190])
  assert.ok(right.every((pixel) => pixel === 0))
  assert.equal(widthOf('語', 2), widthOf('字', 2))
  assert.ok(drawCard({ title: '', lines: [] }).length > 0)
})
