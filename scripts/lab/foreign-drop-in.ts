import type { Catalogue } from '../core/profile/values.ts'
import { readItems } from '../core/score/lines.ts'
import type { Item } from '../core/score/lines.ts'

/** Something that a drop-in from elsewhere allows, as one word of a list. */
export interface GrantWord {
  directive: string
  item: string
  line: number
}

/** A drop-in that is not ours, as the settings that it is made of. */
export type ForeignDropIn = Item[]

export function readForeign(text: string, systemd: number): ForeignDropIn {
  return readItems(text, systemd).filter(({ kind }) => kind === 'section' || kind === 'setting')
}

export function foreignText(items: ForeignDropIn): string {
  const lines = items.flatMap((item) => {
    if (item.kind === 'section') return [`[${item.name}]`]
    return item.kind === 'setting' ? [`${item.key}=${item.value}`] : []
  })
  return `${lines.join('\n')}\n`
}

/** The settings' names in the order of their first line; lines of one name only make sense together. */
export function namesOf(items: ForeignDropIn): string[] {
  return [...new Set(items.flatMap((item) => (item.kind === 'setting' ? [item.key] : [])))]
}

const opening = ['paths', 'directories', 'addresses']

/** What opens paths or addresses before what closes all others: without the one, the other breaks more than both do. */
export function openingFirst(names: string[], catalogue: Catalogue): string[] {
  const opens = (name: string) => {
    const info = catalogue[name]
    return info?.items === 'grant' && opening.includes(info.type)
  }
  return [...names.filter(opens), ...names.filter((name) => !opens(name))]
}

/** The drop-in with these settings alone. */
export function onlyNames(items: ForeignDropIn, names: Set<string>): ForeignDropIn {
  return items.filter((item) => item.kind !== 'setting' || names.has(item.key))
}

/** Every word of a list that loosens what comes before it: those of lists that allow, not of those that deny. */
export function grantWords(items: ForeignDropIn, catalogue: Catalogue): GrantWord[] {
  return items.flatMap((item) => {
    if (item.kind !== 'setting' || !isAllowing(item.key, item.value, catalogue)) return []
    const base = (catalogue[item.key]?.base ?? []).flatMap(wordsOf)
    return wordsOf(item.value)
      .filter((word) => !base.includes(word))
      .map((word) => ({ directive: item.key, item: word, line: item.line }))
  })
}

/**
 * The drop-in without one word. A list that has lost its last word says what allows the least; undefined where
 * nothing does, since an empty list would then allow everything.
 */
export function withoutWord(
  items: ForeignDropIn,
  grant: GrantWord,
  catalogue: Catalogue,
): ForeignDropIn | undefined {
  const next = items.map((item) => {
    if (item.kind !== 'setting' || item.line !== grant.line) return item
    const left = wordsOf(item.value).filter((word) => word !== grant.item)
    return { ...item, value: left.join(' ') }
  })
  const isEmpty = (item: Item) =>
    item.kind === 'setting' && item.line === grant.line && item.value === ''
  const { type, strictest } = catalogue[grant.directive] ?? {}
  if (!next.some(isEmpty) || strictest === '') return next
  if (type === 'syscalls') return undefined
  if (strictest === 'none') {
    return next.map((item) => (isEmpty(item) ? ({ ...item, value: 'none' } as Item) : item))
  }
  return next.filter((item) => !isEmpty(item))
}

function isAllowing(key: string, value: string, catalogue: Catalogue): boolean {
  const info = catalogue[key]
  if (info?.items !== 'grant' || value.startsWith('~')) return false
  return !(info.values ?? ['yes', 'no', 'none', 'true', 'false']).includes(value)
}

function wordsOf(value: string): string[] {
  return value.split(/\s+/).filter(Boolean)
}
