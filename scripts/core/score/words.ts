export interface Words {
  words: string[]
  /** An unclosed quote or a trailing backslash ended the reading; holds what had been read of that word. */
  broken?: string
}

const special = /["'\\]/

/** Cuts a value into words at blanks; in both ways a backslash takes the next character as it is. */
export function cutWords(value: string, quotes: 'plain' | 'quoted'): Words {
  if (!special.test(value)) return { words: splitAtBlanks(value) }
  const words: string[] = []
  let at = 0
  while ((at = skipBlanks(value, at)) < value.length) {
    const next = nextWord(value, at, quotes)
    if (next.broken) return { words, broken: next.word }
    words.push(next.word)
    at = next.end
  }
  return { words }
}

/** The word that begins at `start`, which is no blank. */
export function nextWord(value: string, start: number, quotes: 'plain' | 'quoted') {
  let word = ''
  let quote = ''
  let at = start
  for (; at < value.length; at++) {
    const char = value[at]!
    if (char === '\\') {
      if (at + 1 === value.length) return { word, end: value.length, broken: true }
      word += value[++at]!
    } else if (quote !== '') {
      if (char === quote) quote = ''
      else word += char
    } else if (quotes === 'quoted' && (char === '"' || char === "'")) quote = char
    else if (isBlank(char.charCodeAt(0))) break
    else word += char
  }
  return { word, end: at, broken: quote !== '' }
}

export function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13
}

export function skipBlanks(value: string, start: number, end = value.length): number {
  let at = start
  while (at < end && isBlank(value.charCodeAt(at))) at++
  return at
}

/** Trims what systemd calls white space, which is less than JavaScript's. */
export function trimBlanks(value: string): string {
  let end = value.length
  while (end > 0 && isBlank(value.charCodeAt(end - 1))) end--
  const start = skipBlanks(value, 0)
  return start >= end ? '' : start === 0 && end === value.length ? value : value.slice(start, end)
}

function splitAtBlanks(value: string): string[] {
  const words: string[] = []
  let start = -1
  for (let at = 0; at < value.length; at++) {
    if (isBlank(value.charCodeAt(at))) {
      if (start >= 0) words.push(value.slice(start, at))
      start = -1
    } else if (start < 0) start = at
  }
  if (start >= 0) words.push(value.slice(start))
  return words
}
