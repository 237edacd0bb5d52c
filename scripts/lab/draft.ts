import { isMap, isScalar, parseDocument } from 'yaml'
import type { Document, YAMLMap } from 'yaml'
import type { Directives, Value } from '../core/profile/types.ts'
import { reasonOf } from '../core/profile/values.ts'
import type { Catalogue } from '../core/profile/values.ts'
import { quoted, style } from './profile-draft.ts'
import type { Tightest } from './tightest.ts'
import type { Failure } from './verdict.ts'

interface Written {
  directives?: Directives
  leftOut?: Record<string, string>
}

/**
 * The text of a profile with what the search found in it. Reasons that stand there already stay; every other grant gets an
 * empty one, below what failed without it, and `npm run validate` names each that a person has yet to write.
 */
export function draftProfile(text: string, found: Tightest, catalogue: Catalogue): string {
  const document = parseDocument(text, quoted)
  const { directives: old = {}, leftOut: oldLeftOut = {} } = document.toJS() as Written
  const inOrder = (names: object) => Object.keys(catalogue).filter((name) => name in names)
  const directives = inOrder(found.directives).map((name): [string, Value] => {
    return [name, withReasons(found.directives[name] as Value, old[name])]
  })
  const leftOut = inOrder(found.leftOut).map((name): [string, string] => {
    return [name, oldLeftOut[name] || (found.leftOut[name]?.reason ?? '')]
  })
  document.set('directives', document.createNode(Object.fromEntries(directives)))
  document.delete('leftOut')
  if (leftOut.length > 0) {
    document.set('leftOut', document.createNode(Object.fromEntries(leftOut)))
  }
  for (const [name, items] of Object.entries(found.needed)) {
    for (const [item, failure] of Object.entries(items)) {
      explain(document, ['directives', name, item], failure)
    }
  }
  for (const [name, failure] of Object.entries(found.leftOut)) {
    explain(document, ['leftOut', name], failure)
  }
  putLast(document, ['options', 'advice', 'reasons'])
  return document.toString(style)
}

/** What people have written about the same items before. */
function withReasons(value: Value, old: Value | undefined): Value {
  if (typeof value === 'string' || Array.isArray(value) || old === undefined) return value
  return Object.fromEntries(
    Object.keys(value).map((item) => [item, reasonOf(old, item) || (value[item] ?? '')]),
  )
}

/** Says above a line that has no reason yet what the experiment showed. */
function explain(document: Document, path: string[], { check, message }: Failure) {
  const parent = document.getIn(path.slice(0, -1))
  const pair = isMap(parent) ? pairOf(parent, path.at(-1) ?? '') : undefined
  if (!pair || !isScalar(pair.key) || !isScalar(pair.value) || pair.value.value !== '') return
  const what = check === 'start' ? 'it does not start' : check && `"${check}" fails`
  const line = [what, message].filter(Boolean).join(': ')
  if (line) pair.key.commentBefore = ` ${line}`
}

function pairOf(map: YAMLMap, key: string) {
  return map.items.find((item) => isScalar(item.key) && item.key.value === key)
}

function putLast(document: Document, keys: string[]) {
  if (!isMap(document.contents)) return
  const rank = (item: YAMLMap['items'][number]) =>
    isScalar(item.key) ? keys.indexOf(String(item.key.value)) : -1
  document.contents.items.sort((a, b) => rank(a) - rank(b))
}
