/**
 * Letters of our own, drawn as strokes: a font of the machine would give other bytes on another one. Units: capitals are
 * 10 high, small letters 7, the baseline is 0 and y goes up. M begins a line through points; E is a piece of an ellipse,
 * centre, radii, from and to in degrees, counter-clockwise.
 */
const bowl = 'E3 3.5 3 3.5 0 360'
const p = 'M0 0 0 10 3.6 10E3.6 7.2 2.8 2.8 90 -90M3.6 4.4 0 4.4'
const arch = 'E3 4 3 3 180 0M6 4 6 0'
const capital = 'E4.7 5 4.7 5 0 360'

const drawn: Record<string, string> = {
  a: `${bowl}M6 7 6 0`,
  b: `M0 10.5 0 0${bowl}`,
  c: 'E3 3.5 3 3.5 45 315',
  d: `${bowl}M6 10.5 6 0`,
  e: 'E3 3.5 3 3.5 0 310M0 3.5 6 3.5',
  f: 'M1.6 0 1.6 8.3E3.8 8.3 2.2 2.2 180 80M0 7 3.8 7',
  g: `${bowl}M6 7 6 -0.5E3 -0.5 3 2.6 0 -150`,
  h: `M0 10.5 0 0${arch}`,
  i: 'M0 7 0 0M0 9.9 0 9.9',
  j: 'M1.5 7 1.5 -1.2E0 -1.2 1.5 1.6 0 -90M1.5 9.9 1.5 9.9',
  k: 'M0 10.5 0 0M5 7 0 2.6M1.8 4.2 5.4 0',
  l: 'M0 10.5 0 0',
  m: 'M0 7 0 0E2.5 4.5 2.5 2.5 180 0M5 4.5 5 0E7.5 4.5 2.5 2.5 180 0M10 4.5 10 0',
  n: `M0 7 0 0${arch}`,
  o: bowl,
  p: `M0 7 0 -3.2${bowl}`,
  q: `${bowl}M6 7 6 -3.2`,
  r: 'M0 7 0 0E2.6 4.4 2.6 2.6 180 70',
  s: 'E2.4 5.25 2.3 1.75 30 270E2.4 1.75 2.4 1.75 90 -150',
  t: 'M1.6 9.5 1.6 2E3.6 2 2 2 180 290M0 7 4 7',
  u: 'M0 7 0 3E3 3 3 3 180 360M6 7 6 0',
  v: 'M0 7 2.8 0 5.6 7',
  w: 'M0 7 2.2 0 4.4 7 6.6 0 8.8 7',
  x: 'M0 7 5.2 0M0 0 5.2 7',
  y: 'M0 7 2.8 0M5.6 7 1.4 -3.2',
  z: 'M0 7 5 7 0 0 5 0',
  A: 'M0 0 4 10 8 0M1.4 3.5 6.6 3.5',
  B: 'M0 0 0 10 3.5 10E3.5 7.6 2.4 2.4 90 -90M0 5.2 3.9 5.2E3.9 2.6 2.6 2.6 90 -90M3.9 0 0 0',
  C: 'E4.5 5 4.5 5 45 315',
  D: 'M0 0 0 10 3 10E3 5 4.5 5 90 -90M3 0 0 0',
  E: 'M6 10 0 10 0 0 6 0M0 5.2 5 5.2',
  F: 'M6 10 0 10 0 0M0 5.2 5 5.2',
  G: 'E4.5 5 4.5 5 45 360M9 5 5.4 5',
  H: 'M0 0 0 10M7 0 7 10M0 5.2 7 5.2',
  I: 'M0 0 0 10',
  J: 'M4 10 4 2.5E2 2.5 2 2.5 0 -160',
  K: 'M0 0 0 10M6.4 10 0 3.8M2.2 5.9 6.8 0',
  L: 'M0 10 0 0 5.5 0',
  M: 'M0 0 0 10 4.5 3 9 10 9 0',
  N: 'M0 0 0 10 7 0 7 10',
  O: capital,
  P: p,
  Q: `${capital}M5.8 2.4 9 -0.6`,
  R: `${p}M3.4 4.4 6.6 0`,
  S: 'E3.2 7.4 3 2.6 30 270E3.2 2.4 3.2 2.4 90 -150',
  T: 'M0 10 7 10M3.5 10 3.5 0',
  U: 'M0 10 0 3.5E3.5 3.5 3.5 3.5 180 360M7 3.5 7 10',
  V: 'M0 10 4 0 8 10',
  W: 'M0 10 3 0 6 10 9 0 12 10',
  X: 'M0 10 7 0M0 0 7 10',
  Y: 'M0 10 3.7 4.8 7.4 10M3.7 4.8 3.7 0',
  Z: 'M0 10 6.6 10 0 0 6.6 0',
  0: 'E3 5 3 5 0 360',
  1: 'M0 8 2.2 10 2.2 0',
  2: 'E3 7.1 2.9 2.9 170 -30M5.51 5.65 0 0 6 0',
  3: 'E2.9 7.5 2.6 2.5 150 -90E2.9 2.5 3 2.5 90 -150',
  4: 'M4.6 0 4.6 10 0 3 6.4 3',
  5: 'M5.4 10 0.9 10 0.5 5.3E2.9 3.2 3.1 3.2 138 -150',
  6: 'E3 3.1 3 3.1 0 360E5 3.1 5 6.9 180 100',
  7: 'M0 10 6 10 2 0',
  8: 'E3 7.6 2.5 2.4 0 360E3 2.6 3 2.6 0 360',
  9: 'E3 6.9 3 3.1 0 360E1 6.9 5 6.9 0 -80',
  ' ': '',
  '.': 'M0 0 0 0',
  ',': 'M0.4 0.2 0 -1.6',
  ':': 'M0 0 0 0M0 6 0 6',
  '-': 'M0 3.7 3.2 3.7',
  _: 'M0 -1 5 -1',
  '+': 'M0 4 5 4M2.5 6.5 2.5 1.5',
  '/': 'M0 -1 3.6 10.5',
  '(': 'E4.5 4 4.5 8 125 235',
  ')': 'E-2.5 4 4.5 8 55 -55',
  "'": 'M0 10.5 0 8.2',
  '&': 'M6.6 0 1.2 7.2E2.9 8.1 1.9 1.9 205 -50M4.1 6.6 1 4.6E2.8 2.5 2.8 2.5 130 310M4.6 0.6 6.8 4.2',
  '@': 'E4.9 4.1 1.9 2.1 0 360M6.8 6.2 6.8 3E8.1 3 1.3 1.4 180 360E4.7 4 4.7 5 0 300',
  '·': 'M0 3.7 0 3.7',
  '→': 'M0 3.7 8 3.7M5.2 6.4 8 3.7 5.2 1',
}

/** Where a letter is missing. */
const missing = 'M0 0 4 0 4 7 0 7 0 0'

export type Segment = [x0: number, y0: number, x1: number, y1: number]

export interface Glyph {
  width: number
  segments: Segment[]
}

const known = new Map<string, Glyph>()

export function glyphOf(letter: string): Glyph {
  let glyph = known.get(letter)
  if (!glyph) {
    glyph = trace(Object.hasOwn(drawn, letter) ? drawn[letter]! : missing)
    known.set(letter, glyph)
  }
  return glyph
}

function trace(drawing: string): Glyph {
  const segments: Segment[] = []
  for (const [, kind, rest = ''] of drawing.matchAll(/([ME])([^ME]*)/g)) {
    const numbers = rest.trim().split(' ').map(Number)
    const points = kind === 'M' ? numbers : ellipse(numbers)
    for (let at = 0; at + 3 < points.length; at += 2) {
      segments.push(points.slice(at, at + 4) as Segment)
    }
  }
  const left = Math.min(0, ...segments.flatMap(([a, , b]) => [a, b]))
  const right = Math.max(0, ...segments.flatMap(([a, , b]) => [a, b]))
  if (drawing === '') return { width: 2.2, segments }
  return {
    width: right - left,
    segments: segments.map(([a, b, c, d]) => [a - left, b, c - left, d]),
  }
}

function ellipse([cx = 0, cy = 0, rx = 0, ry = 0, from = 0, to = 0]: number[]): number[] {
  const steps = Math.ceil(Math.abs(to - from) / 6)
  return Array.from({ length: steps + 1 }, (_, step) => {
    const angle = ((from + ((to - from) * step) / steps) * Math.PI) / 180
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)]
  }).flat()
}
