import { isAlias, isMap, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import type { Document, Node } from 'yaml'
import type { Problem } from '../problem.ts'

export type Path = readonly (string | number)[]

export interface Place {
  line: number
  col: number
}

/** A YAML file as plain data, with the place in the text of each of its parts. */
export interface YamlFile {
  path: string
  data: unknown
  problems: Problem[]
  /** Where the key of an entry stands; the nearest existing parent if there is none. */
  keyAt(path: Path): Place
  /** Where the value of an entry begins. */
  valueAt(path: Path): Place
}

/** A profile is 2 to 6 KB, the largest measurement about 60 KB. */
const maxLength = 1_000_000

// Tab and line ends are YAML's business; the second range are the marks that reorder text on the screen.
export const hidden =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/

/** Reads YAML without ever throwing: what is wrong comes back as problems, all of them at once. */
export function readYaml(path: string, text: string): YamlFile {
  const none = () => ({ line: 1, col: 1 })
  const problems: Problem[] = []
  const failed = { path, data: undefined, problems, keyAt: none, valueAt: none }
  const add = (place: Place, message: string, fix: string) =>
    problems.push({ path, ...place, message, fix, rule: 'yaml' })

  if (text.length > maxLength) {
    add(none(), `the file has ${text.length} characters`, `keep it under ${maxLength}`)
    return failed
  }
  try {
    return readDocument(path, text, problems)
  } catch (error) {
    // The parser recurses: a file of nothing but brackets runs out of stack.
    add(none(), `not readable as YAML: ${firstLine(error)}`, 'write plain YAML, not nested so deep')
    return failed
  }
}

function readDocument(path: string, text: string, problems: Problem[]): YamlFile {
  const add = (at: Place, message: string, fix: string) =>
    problems.push({ path, ...at, message, fix, rule: 'yaml' })
  const lines = new LineCounter()
  const document: Document = parseDocument(text, {
    lineCounter: lines,
    version: '1.2',
    strict: true,
  })
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), col: Math.max(col, 1) }
  }
  for (const error of document.errors) add(place(error.pos[0]), ...sayYamlError(error))
  for (const match of text.matchAll(new RegExp(hidden, 'g'))) {
    const code = match[0].codePointAt(0)?.toString(16).padStart(4, '0').toUpperCase()
    add(place(match.index), `an invisible character, U+${code}`, 'delete it')
  }
  visit(document, {
    Node(_, node) {
      const at = place(node.range?.[0] ?? 0)
      if (isAlias(node)) add(at, `*${node.source} repeats another part`, 'write it out')
      else if ('anchor' in node && node.anchor) {
        add(at, `&${node.anchor} names this part for reuse`, 'write it out where it is used')
      } else if (node.tag) {
        add(at, `${node.tag} is a tag`, 'write the value without it')
      }
    },
    Pair(_, pair) {
      const { key } = pair
      const at = place((key as Node | null)?.range?.[0] ?? 0)
      if (!isScalar(key)) add(at, 'a key that is not plain text', 'write a name before the colon')
      else if (forbiddenKeys.has(String(key.value))) {
        add(at, `${String(key.value)} cannot be a key`, 'choose another name')
      }
    },
  })
  const none = () => ({ line: 1, col: 1 })
  if (problems.length > 0) return { path, data: undefined, problems, keyAt: none, valueAt: none }
  return {
    path,
    data: document.toJS({ maxAliasCount: 0 }),
    problems,
    keyAt: (wanted) => place(offsetOf(document, wanted, 'key')),
    valueAt: (wanted) => place(offsetOf(document, wanted, 'value')),
  }
}

const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype', '<<'])

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}

function sayYamlError(error: { code: string; message: string }): [string, string] {
  const what = (error.message.split(' at line ')[0] ?? '').replace(/[.:]$/, '')
  if (error.code === 'DUPLICATE_KEY') return ['the same key stands here a second time', 'keep one']
  if (error.code === 'TAB_AS_INDENT') return ['a tab indents this line', 'use spaces']
  if (error.code === 'MULTIPLE_DOCS') return ['a second document begins here', 'keep one a file']
  return [`not YAML: ${lowerFirst(what)}`, 'correct the line or the one before it']
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function offsetOf(document: Document, path: Path, part: 'key' | 'value'): number {
  let node: unknown = document.contents
  let offset = (document.contents as Node | null)?.range?.[0] ?? 0
  for (const [depth, step] of path.entries()) {
    const last = depth === path.length - 1
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step)
      if (!isPair(pair)) return offset
      const wanted = last && part === 'value' && pair.value ? pair.value : pair.key
      offset = (wanted as Node).range?.[0] ?? offset
      node = pair.value
    } else {
      node = (node as { items?: unknown[] } | null)?.items?.[step as number]
      if (!node) return offset
      offset = (node as Node).range?.[0] ?? offset
    }
  }
  return offset
}

/** Every scalar that YAML reads as something other than text, as a problem that says what to write. */
export function textOnly(file: YamlFile, source: string): Problem[] {
  const problems: Problem[] = []
  const lines = source.split('\n')
  const walk = (value: unknown, path: Path) => {
    if (Array.isArray(value)) value.forEach((item, index) => walk(item, [...path, index]))
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) walk(item, [...path, key])
    } else if (typeof value !== 'string') {
      const { line, col } = file.valueAt(path)
      const raw = /^[^\s#,\]}]+/.exec((lines[line - 1] ?? '').slice(col - 1))?.[0] ?? ''
      const name = path.findLast((step) => typeof step === 'string') ?? 'the file'
      const kind = value === null ? 'nothing' : `the ${typeof value} ${String(value)}`
      const text = value === true ? 'yes' : value === false ? 'no' : raw
      const fix = value === null ? 'give it a value' : `write it in quotes: "${text}"`
      const message = `${name} is read as ${kind}, not as text`
      problems.push({ path: file.path, line, col, message, fix, rule: 'quoted-text' })
    }
  }
  walk(file.data, [])
  return problems
}
