import type { Env, State } from '../state.ts'

/** Takes one line's value into the state. A text that comes back says why systemd refuses the file there. */
export type Reader = (state: State, value: string, env: Env) => string | undefined

const booleans: Record<string, boolean> = Object.assign(Object.create(null), {
  '1': true,
  yes: true,
  y: true,
  true: true,
  t: true,
  on: true,
  '0': false,
  no: false,
  n: false,
  false: false,
  f: false,
  off: false,
})

export function readBoolean(value: string): boolean | undefined {
  return booleans[value] ?? (value.length < 6 ? booleans[lowerAscii(value)] : undefined)
}

/** Not toLowerCase(): U+212A KELVIN SIGN would become a k. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

export function upperAscii(text: string): string {
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase())
}

/** A whole number as C reads it: decimal, 0x, leading-0 octal, and where told 0b and 0o. */
export function readNumber(text: string, prefixes: '0x' | '0x0b0o' = '0x0b0o'): number | undefined {
  const sign = /^[ \t\n\r]*([+-]?)/.exec(text)!
  const digits = text.slice(sign[0].length)
  const value = digitsValue(digits, prefixes === '0x0b0o' && sign[0] === '')
  return value === undefined ? undefined : sign[1] === '-' ? -value : value
}

function digitsValue(digits: string, binary: boolean): number | undefined {
  if (/^(0|[1-9][0-9]*)$/.test(digits)) return Number(digits)
  if (/^0[xX][0-9a-fA-F]+$/.test(digits)) return parseInt(digits, 16)
  if (/^0[0-7]+$/.test(digits)) return parseInt(digits, 8)
  if (binary && /^0b[01]+$/.test(digits)) return parseInt(digits.slice(2), 2)
  if (binary && /^0o[0-7]+$/.test(digits)) return parseInt(digits.slice(2), 8)
  return undefined
}
