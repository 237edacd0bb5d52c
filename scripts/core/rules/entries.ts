import type { DirectiveInfo, Directives, Value } from '../profile/types.ts'
import { itemsOf } from '../profile/values.ts'
import type { Path } from '../yaml/document.ts'
import type { Context } from './rule.ts'

/** One directive of a profile, wherever it is written: by default, in an option or in a reason to skip. */
export interface DirectiveEntry {
  directive: string
  value: Value
  path: Path
  /** Undefined where the catalogue does not have it; another rule says so. */
  info: DirectiveInfo | undefined
}

/** Each set of directives in a profile, with its place. */
export function directiveSets({ profile }: Context): { directives: Directives; path: Path }[] {
  return [
    { directives: profile.directives ?? {}, path: ['directives'] },
    ...Object.entries(profile.options ?? {}).map(([name, { directives }]) => ({
      directives,
      path: ['options', name, 'directives'],
    })),
    ...Object.entries(profile.reasons ?? {}).map(([name, { directives }]) => ({
      directives,
      path: ['reasons', name, 'directives'],
    })),
  ]
}

/** Each directive of each set. */
export function directiveEntries(context: Context): DirectiveEntry[] {
  return directiveSets(context).flatMap(({ directives, path }) =>
    Object.entries(directives).map(([directive, value]) => ({
      directive,
      value,
      path: [...path, directive],
      info: Object.hasOwn(context.catalogue, directive) ? context.catalogue[directive] : undefined,
    })),
  )
}

/** Each item of a value with its own place: the key of a map, the element of a list, or the text itself. */
export function itemEntries(entry: DirectiveEntry): { item: string; path: Path; isKey: boolean }[] {
  const { value, path } = entry
  if (typeof value === 'string') return [{ item: value, path, isKey: false }]
  if (Array.isArray(value)) {
    return value.map((item, index) => ({ item, path: [...path, index], isKey: false }))
  }
  return itemsOf(value).map((item) => ({ item, path: [...path, item], isKey: true }))
}

/** Where an item stands in the text. */
export function placeOf(context: Context, { path, isKey }: { path: Path; isKey: boolean }) {
  return isKey ? context.keyAt(path) : context.valueAt(path)
}
