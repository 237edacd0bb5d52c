import { glyphOf } from './strokes.ts'
import type { Segment } from './strokes.ts'

/** How many steps there are from the paper to a colour, for smooth edges. */
export const shades = 5

/** Space between letters, and half the width of a stroke, in the letters' own units. */
const gap = 2.5
const pen = 0.62

export interface Canvas {
  width: number
  height: number
  /** An index into the palette for each pixel: 0 is the paper, then come the shades of each colour. */
  pixels: Uint8Array
}

export function createCanvas(width: number, height: number): Canvas {
  return { width, height, pixels: new Uint8Array(width * height) }
}

export function fill(canvas: Canvas, color: number, x: number, y: number, w: number, h: number) {
  for (let row = y; row < y + h; row++) {
    const start = row * canvas.width + x
    canvas.pixels.fill((color + 1) * shades, start, start + Math.round(w))
  }
}

/** In pixels, at so many pixels a unit. */
export function widthOf(text: string, scale: number): number {
  const letters = [...text]
  const units = letters.reduce((sum, letter) => sum + glyphOf(letter).width + gap, -gap)
  return Math.max(0, units * scale)
}

/** Writes from x on, with the baseline at y. */
export function write(
  canvas: Canvas,
  text: string,
  x: number,
  y: number,
  scale: number,
  color: number,
) {
  let at = x
  for (const letter of text) {
    stamp(canvas, maskOf(letter, scale), Math.round(at), y, color)
    at += (glyphOf(letter).width + gap) * scale
  }
}

interface Mask {
  /** The pixel of the baseline's left end inside the mask. */
  left: number
  base: number
  width: number
  height: number
  /** 0 to `shades`. */
  cover: Uint8Array
}

const masks = new Map<string, Mask>()

function maskOf(letter: string, scale: number): Mask {
  const key = `${letter}${scale}`
  let mask = masks.get(key)
  if (!mask) masks.set(key, (mask = rasterise(letter, scale)))
  return mask
}

function rasterise(letter: string, scale: number): Mask {
  const { width: units, segments } = glyphOf(letter)
  const margin = Math.ceil(pen * scale) + 1
  const base = Math.ceil(11 * scale) + margin
  const width = Math.ceil(units * scale) + 2 * margin
  const height = base + Math.ceil(4 * scale) + margin
  const cover = new Uint8Array(width * height)
  const mask = { left: margin, base, width, height, cover }
  for (const line of segments) draw(mask, line, scale)
  return mask
}

/** Looks at the pixels near the line alone: on all others it leaves no shade. */
function draw({ left, base, width, height, cover }: Mask, line: Segment, scale: number) {
  const reach = pen + 0.5 / scale
  const [x0, y0, x1, y1] = line
  const first = Math.max(0, left + Math.floor((Math.min(x0, x1) - reach) * scale))
  const last = Math.min(width - 1, left + Math.ceil((Math.max(x0, x1) + reach) * scale))
  const top = Math.max(0, base - Math.ceil((Math.max(y0, y1) + reach) * scale))
  const bottom = Math.min(height - 1, base - Math.floor((Math.min(y0, y1) - reach) * scale))
  for (let row = top; row <= bottom; row++) {
    for (let column = first; column <= last; column++) {
      const away = squared((column - left) / scale, (base - row) / scale, line)
      const edge = (pen - Math.sqrt(away)) * scale + 0.5
      const shade = Math.round(Math.min(1, Math.max(0, edge)) * shades)
      const at = row * width + column
      if (shade > cover[at]!) cover[at] = shade
    }
  }
}

/** The distance from a point to a line, squared. */
function squared(x: number, y: number, [x0, y0, x1, y1]: Segment): number {
  const [dx, dy] = [x1 - x0, y1 - y0]
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : ((x - x0) * dx + (y - y0) * dy) / length
  const t = Math.min(1, Math.max(0, along))
  const [px, py] = [x - x0 - t * dx, y - y0 - t * dy]
  return px * px + py * py
}

function stamp(canvas: Canvas, mask: Mask, x: number, y: number, color: number) {
  for (let row = 0; row < mask.height; row++) {
    const to = y - mask.base + row
    if (to < 0 || to >= canvas.height) continue
    for (let column = 0; column < mask.width; column++) {
      const shade = mask.cover[row * mask.width + column]!
      const at = x - mask.left + column
      if (shade === 0 || at < 0 || at >= canvas.width) continue
      const pixel = to * canvas.width + at
      const shaded = color * shades + shade
      if (canvas.pixels[pixel]! < shaded) canvas.pixels[pixel] = shaded
    }
  }
}
