import { expand } from '../specifiers.ts'
import type { Env } from '../state.ts'
import { isBlank, nextWord, skipBlanks } from '../words.ts'

const unsafe = /[\x01-\x1f"'\\\x7f]/

interface Commands {
  commands: number
  /** Why systemd refuses the file at this line. */
  refused?: string
}

/** Counts the commands of an Exec line, and finds what systemd refuses in it. */
export function readCommands(value: string, env: Env): Commands {
  let commands = 0
  let at = 0
  while ((at = skipBlanks(value, at)) < value.length) {
    const first = nextWord(value, at, 'quoted')
    if (first.broken) return { commands }
    at = skipBlanks(value, first.end)
    if (first.word === ';') continue
    const { path, lenient, shell } = stripPrefixes(first.word, env)
    const wrong = shell ? undefined : wrongPath(path, env)
    if (wrong) {
      const message = `${JSON.stringify(first.word)} ${wrong}`
      return lenient ? (env.ignored(message), { commands }) : { commands, refused: message }
    }
    const rest = readArguments(value, at, env)
    if (rest.wrong) return lenient ? { commands } : { commands, refused: rest.wrong }
    commands++
    if (!rest.more) break
    at = rest.end
  }
  return { commands }
}

function stripPrefixes(word: string, env: Env) {
  const seen = new Set<string>()
  let at = 0
  for (; at < word.length; at++) {
    const char = word[at]!
    if (char === '!' && seen.has('!') && !seen.has('!!') && !seen.has('+')) {
      seen.add('!!')
      continue
    }
    if (!'-@:+!'.includes(char) && !(char === '|' && env.systemd >= 258)) break
    if (seen.has(char) || (char === '+' && seen.has('!')) || (char === '!' && seen.has('+'))) break
    seen.add(char)
  }
  return { path: word.slice(at), lenient: seen.has('-'), shell: seen.has('|') }
}

function wrongPath(text: string, env: Env): string | undefined {
  const path = expand(text, env.name)
  if (path === undefined) return 'holds an unknown specifier'
  if (path === '') return 'names no program'
  if (unsafe.test(path)) return 'holds a character that no program name may hold'
  if (path.endsWith('/') || /(^|\/)\.\.?$/.test(path)) return 'is a directory'
  if (!path.startsWith('/') && path.includes('/')) return 'is neither a name nor an absolute path'
  return undefined
}

/** Up to a lone `;`, which begins another command. */
function readArguments(value: string, start: number, env: Env) {
  let at = start
  while (at < value.length) {
    const char = value[at]!
    const blankAfter = (offset: number) =>
      at + offset >= value.length || isBlank(value.charCodeAt(at + offset))
    if (char === ';' && blankAfter(1)) return { end: at + 1, more: true }
    if (char === '\\' && value[at + 1] === ';' && blankAfter(2)) {
      at = skipBlanks(value, at + 2)
      continue
    }
    const { word, end, broken } = nextWord(value, at, 'quoted')
    if (broken) return { end, more: false, wrong: 'a quote in the command is not closed' }
    if (expand(word, env.name) === undefined)
      return { end, more: false, wrong: `${JSON.stringify(word)} holds an unknown specifier` }
    at = skipBlanks(value, end)
  }
  return { end: at, more: false }
}
