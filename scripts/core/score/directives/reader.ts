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

/** A whole number as systemd reads it: decimal, 0x, 0b, 0o or with a leading 0 octal. */
export function readNumber(text: string): number | undefined {
  const [lead, sign] = /^[ \t\n\r]*([+-]?)/.exec(text)!
  const value = readDigits(text.slice(lead.length), lead === '')
  return value !== undefined && sign === '-' ? -value : value
}

/** The prefixes 0b and 0o are systemd's own, which C does not see behind a sign. */
function readDigits(digits: string, bare: boolean): number | undefined {
  if (/^(0|[1-9][0-9]*)$/.test(digits)) return Number(digits)
  if (/^0[xX][0-9a-fA-F]+$/.test(digits)) return parseInt(digits, 16)
  if (/^0[0-7]+$/.test(digits)) return parseInt(digits, 8)
  if (bare && /^0b[01]+$/.test(digits)) return parseInt(digits.slice(2), 2)
  if (bare && /^0o[0-7]+$/.test(digits)) return parseInt(digits.slice(2), 8)
  return undefined
}
