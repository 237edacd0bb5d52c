import type { Path } from '../yaml/document.ts'
import type { Rule } from './rule.ts'
import type { Context, Finding } from './rule.ts'

import { hidden } from '../yaml/document.ts'

/** What would let a value end its line, open a section, or change on a reader's machine. */
const signs: [RegExp, string, string][] = [
  [/[\r\n]/, 'a line end', 'write it in one line'],
  [/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f]/, 'a control character', 'delete it'],
  [hidden, 'an invisible character', 'delete it'],
  [/\\$/, 'a backslash at its end', 'delete it: it would join the next line'],
]
const valueSigns: typeof signs = [
  [/%(?!$)|^%|[^\d]%$/, 'a % specifier', 'write the value itself: systemd would replace it'],
  [/^\s*\[/, 'a section header', 'write a value'],
  [/^\s*[#;]/, 'a comment sign', 'write a value'],
  [/["'\\]/, 'a quote or backslash', 'write it without'],
  [/=/, 'an equals sign', 'write the value alone'],
]

/** True for a value that only its own directive can find fault with. */
export function isPlain(value: string): boolean {
  return check(value, [...signs, ...valueSigns]) === undefined
}

/** Directives, reasons and questions end up in a file that systemd reads as root. */
export const plainText: Rule = {
  name: 'plain-text',
  check(context) {
    const { profile } = context
    const { directives, leftOut, options, reasons, ...rest } = profile
    return [
      ...walk(context, rest, []),
      ...walk(context, leftOut, ['leftOut']),
      ...walk(context, directives, ['directives'], true),
      ...walk(context, options, ['options'], true),
      ...walk(context, reasons, ['reasons'], true),
    ]
  },
}

function walk(context: Context, value: unknown, path: Path, isDirectives = false): Finding[] {
  if (typeof value === 'string') {
    // In a map of directives the third level is a reason, not a value.
    const found = check(value, isDirectives && isValue(path) ? [...signs, ...valueSigns] : signs)
    return found ? [{ ...context.valueAt(path), ...found }] : []
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => {
    const step = Array.isArray(value) ? Number(key) : key
    const inside = [...path, step]
    const bad = Array.isArray(value)
      ? undefined
      : check(key, isDirectives ? [...signs, ...valueSigns] : signs)
    const here = bad ? [{ ...context.keyAt(inside), ...bad }] : []
    return [...here, ...walk(context, item, inside, isDirectives)]
  })
}

/** directives.NAME, options.X.directives.NAME, reasons.X.directives.NAME, or an element of a list there. */
function isValue(path: Path): boolean {
  const depth = path[0] === 'directives' ? 2 : 4
  if (path[0] !== 'directives' && path[2] !== 'directives') return false
  return path.length === depth || (path.length === depth + 1 && typeof path.at(-1) === 'number')
}

function check(text: string, signs: [RegExp, string, string][]) {
  const hit = signs.find(([pattern]) => pattern.test(text))
  return hit && { message: `${JSON.stringify(text.slice(0, 40))} holds ${hit[1]}`, fix: hit[2] }
}
