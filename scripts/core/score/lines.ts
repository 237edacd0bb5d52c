import { skipBlanks, trimBlanks } from './words.ts'

/** What a unit file is made of once comments are dropped and continued lines are joined. */
export type Item =
  | { kind: 'section'; name: string; line: number }
  | { kind: 'setting'; key: string; value: string; line: number }
  | { kind: 'fatal'; message: string; line: number }
  | { kind: 'stray'; message: string; line: number }

const longest = 1 << 20
const endings = /[\r\0]/
const unusual = /[^\x01-\x0c\x0e-\x7f]/
const unsafe = /[\x01-\x1f"'\\\x7f]/
const beyondAscii = /[^\0-\x7f]/
const refused = /\p{Noncharacter_Code_Point}|\p{Surrogate}/u

/** Reads a unit file as systemd does, and stops after a line that it refuses. */
export function readItems(raw: string, systemd: number): Item[] {
  const items: Item[] = []
  const plain = !unusual.test(raw)
  const text = !plain && endings.test(raw) ? withPlainEndings(raw) : raw
  const ascii = plain || !beyondAscii.test(text)
  let markSeen = false
  let open: string | undefined
  let openedAt = 0
  let number = 0
  for (let start = 0, end: number; start <= text.length; start = end + 1) {
    end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    number++
    const first = text.charCodeAt(skipBlanks(text, start, end))
    if (first === 35 || first === 59) continue
    if (!markSeen && text.charCodeAt(start) === 0xfeff) {
      markSeen = true
      start++
    }
    let line = text.slice(start, end)
    if (open === undefined) openedAt = number
    else line = open + line
    open = undefined
    const last = line.charCodeAt(line.length - 1) === 92 && continues(line)
    if (last) open = line.slice(0, -1) + ' '
    else if (line !== '' && !push(line)) return items
  }
  if (open !== undefined) push(open)
  return items

  function push(line: string): boolean {
    const item = readItem(line, openedAt, systemd, ascii)
    if (item) items.push(item)
    return item?.kind !== 'fatal'
  }
}

/** LF, CR and NUL end a line; different ones in a row are one ending, except that NUL is always the last. */
function withPlainEndings(text: string): string {
  const lines: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const ending = text[at]!
    if (ending !== '\n' && ending !== '\r' && ending !== '\0') continue
    lines.push(text.slice(start, at))
    let seen = ending
    while (!seen.includes('\0')) {
      const next = text[at + 1]
      if ((next !== '\n' && next !== '\r' && next !== '\0') || seen.includes(next)) break
      seen += next
      at++
    }
    start = at + 1
  }
  lines.push(text.slice(start))
  return lines.join('\n')
}

/** An odd number of backslashes at the very end. */
function continues(line: string): boolean {
  let backslashes = 0
  for (let at = line.length - 1; at >= 0 && line.charCodeAt(at) === 92; at--) backslashes++
  return (backslashes & 1) === 1
}

function readItem(joined: string, line: number, systemd: number, ascii: boolean): Item | undefined {
  const text = trimBlanks(joined)
  if (text === '') return undefined
  if (text.length > longest) return { kind: 'fatal', message: 'the line is too long', line }
  if (!ascii && refused.test(text))
    return { kind: 'fatal', message: 'the line is not valid UTF-8', line }
  if (text.charCodeAt(0) === 91) return readHeader(text, line, systemd)
  const equals = text.indexOf('=')
  if (equals < 0)
    return { kind: 'stray', message: `${JSON.stringify(text)} has no "="; it is ignored`, line }
  const key = trimBlanks(text.slice(0, equals))
  if (key === '')
    return { kind: 'stray', message: 'there is no name before "="; the line is ignored', line }
  return { kind: 'setting', key, value: trimBlanks(text.slice(equals + 1)), line }
}

function readHeader(text: string, line: number, systemd: number): Item {
  const fatal = (message: string): Item => ({ kind: 'fatal', message, line })
  if (!text.endsWith(']')) return fatal(`the section header ${text} does not end with "]"`)
  const name = text.slice(1, -1)
  if (systemd >= 250 && unsafe.test(name))
    return fatal(
      `the section header ${JSON.stringify(text)} holds a character that no name may hold`,
    )
  if (name === '' && systemd >= 261) return fatal('the section header [] is empty')
  return { kind: 'section', name, line }
}
