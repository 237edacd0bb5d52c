import type { UnitName } from './unit-name.ts'

/** Specifiers whose text is the machine's; a stand-in keeps the shape that the score looks at. */
const ofTheMachine: Record<string, string> = {
  a: 'x86-64',
  A: '',
  b: '0123456789abcdef0123456789abcdef',
  B: '',
  C: '/var/cache',
  d: '/run/credentials/unit',
  D: '/usr/share',
  E: '/etc',
  f: '/unit',
  g: 'root',
  G: '0',
  h: '/root',
  H: 'host',
  l: 'host',
  L: '/var/log',
  m: '0123456789abcdef0123456789abcdef',
  M: '',
  o: 'debian',
  q: 'host',
  r: '/',
  R: '/',
  s: '/bin/bash',
  S: '/var/lib',
  t: '/run',
  T: '/tmp',
  v: '6.1',
  V: '/var/tmp',
  w: '13',
  W: '',
  y: '/etc/systemd/system/unit.service',
  Y: '/etc/systemd/system',
}

/** Replaces `%n` and its like; undefined where a letter or digit is no specifier. */
export function expand(text: string, name: UnitName): string | undefined {
  if (!text.includes('%')) return text
  let out = ''
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '%') {
      out += text[at]
      continue
    }
    const letter = text[at + 1]
    if (letter === undefined || !/[A-Za-z0-9%]/.test(letter)) {
      out += '%'
      continue
    }
    const value = letter === '%' ? '%' : specifier(letter, name)
    if (value === undefined) return undefined
    out += value
    at++
  }
  return out
}

function specifier(letter: string, name: UnitName): string | undefined {
  switch (letter) {
    case 'n':
      return name.full
    case 'N':
      return name.suffix === '' ? name.full : name.full.slice(0, -name.suffix.length)
    case 'p':
      return name.prefix
    case 'P':
      return unescapeName(name.prefix)
    case 'i':
      return name.instance ?? ''
    case 'I':
      return unescapeName(name.instance ?? '')
    case 'j':
      return lastPart(name.prefix)
    case 'J':
      return unescapeName(lastPart(name.prefix))
    case 'u':
      return 'root'
    case 'U':
      return '0'
    default:
      return Object.hasOwn(ofTheMachine, letter) ? ofTheMachine[letter] : undefined
  }
}

function lastPart(prefix: string): string {
  return prefix.slice(prefix.lastIndexOf('-') + 1)
}

function unescapeName(text: string): string {
  return text
    .replace(/-/g, '/')
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}
