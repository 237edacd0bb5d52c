import type { Score } from '../../../scripts/core/measured/types.ts'
import { createCanvas, fill, shades, widthOf, write } from './canvas.ts'
import type { Canvas } from './canvas.ts'
import { encodePng } from './png.ts'

export interface Card {
  title: string
  /** Below the figures, or instead of them. */
  lines: string[]
  score?: { before: Score; after?: Score | undefined } | undefined
}

type Color = readonly [number, number, number]

/** The colours of the light pages; what a timeline shows has no dark side. Later ones cover earlier ones. */
const paper: Color = [0xfb, 0xfb, 0xf8]
const colors: Color[] = [
  [0xe3, 0xe5, 0xdd],
  [0x9a, 0xa0, 0x9a],
  [0x56, 0x5c, 0x57],
  [0x0b, 0x6b, 0x50],
  [0x1d, 0x21, 0x1f],
]
const [lost, bar, soft, accent, ink] = [0, 1, 2, 3, 4]
const palette: Color[] = [paper, ...colors.flatMap(ramp)]

const [width, height, margin] = [1200, 630, 70]
const room = width - 2 * margin

const canvas = createCanvas(width, height)

/** The picture that goes with a link, 1200 by 630: the same input gives the same bytes on every machine. */
export function drawCard({ title, lines, score }: Card): Uint8Array<ArrayBuffer> {
  canvas.pixels.fill(0)
  drawMark(canvas)
  write(canvas, 'Fenced', margin + 74, 112, 3.4, ink)
  writeFitting(canvas, title, 236, 7.4, ink)
  if (score) drawScore(canvas, score)
  const top = score ? 535 : 370
  for (const [index, line] of lines.entries()) {
    writeFitting(canvas, line, top + index * 56, score ? 2.5 : 3.4, soft)
  }
  return encodePng(canvas, palette)
}

function drawScore(canvas: Canvas, { before, after }: NonNullable<Card['score']>) {
  const x = write2(canvas, before, margin, after ? soft : ink)
  const length = ({ exposure }: Score) => (Number(exposure) / 10) * room
  fill(canvas, lost, margin, 425, room, 26)
  fill(canvas, bar, margin, 425, length(before), 26)
  if (!after) return
  write(canvas, '→', x + 24, 375, 5, soft)
  write2(canvas, after, x + 24 + widthOf('→', 5) + 40, accent)
  fill(canvas, accent, margin, 425, length(after), 26)
}

/** A figure and its word; gives back where they end. */
function write2(canvas: Canvas, { exposure, level }: Score, x: number, color: number): number {
  write(canvas, exposure, x, 375, 7, color)
  const next = x + widthOf(exposure, 7) + 28
  write(canvas, level, next, 375, 3.2, color)
  return next + widthOf(level, 3.2) + 10
}

/** Smaller where the room is short. */
function writeFitting(canvas: Canvas, text: string, y: number, scale: number, color: number) {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '')
  const fitting = Math.min(scale, (scale * room) / Math.max(1, widthOf(plain, scale)))
  write(canvas, plain, margin, y, Math.floor(fitting * 10) / 10, color)
}

/** The three posts and two rails of the site's mark. */
function drawMark(canvas: Canvas) {
  for (const post of [0, 20, 40]) {
    fill(canvas, accent, margin + post, 76, 12, 42)
    for (let row = 0; row < 6; row++) {
      fill(canvas, accent, margin + post + 5 - row, 70 + row, 2 + 2 * row, 1)
    }
  }
  fill(canvas, accent, margin - 4, 86, 60, 6)
  fill(canvas, accent, margin - 4, 104, 60, 6)
}

/** From the paper to the colour. */
function ramp(color: Color): Color[] {
  return Array.from({ length: shades }, (_, index) => {
    const part = (index + 1) / shades
    const mix = (at: 0 | 1 | 2) => Math.round(paper[at] + (color[at] - paper[at]) * part)
    return [mix(0), mix(1), mix(2)] as const
  })
}
