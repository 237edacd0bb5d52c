import type { DirectiveInfo, Directives, Profile, Value } from './types.ts'

export type Catalogue = Record<string, DirectiveInfo>

/** One thing that a profile allows beyond the strictest, and why. */
export interface Grant {
  directive: string
  /** The item of a list, or the weaker value. */
  item: string
  reason: string
  kind: 'item' | 'value'
}

/** The items of a value in their order, reasons left aside. */
export function itemsOf(value: Value): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value : Object.keys(value)
}

/** How an experiment with all of these directives is recorded: their names, and their values in the same order. */
export function attemptOf(directives: Directives): { directive: string; item: string } {
  return {
    directive: Object.keys(directives).join(', '),
    item: Object.values(directives)
      .map((value) => itemsOf(value).join(' '))
      .join(', '),
  }
}

/** True where an experiment was made with these directives, and no others. */
export function isTriedBy(
  { directive, item }: { directive: string; item: string },
  directives: Directives,
): boolean {
  const attempt = attemptOf(directives)
  return attempt.directive === directive && attempt.item === item
}

/** The reason that a value gives for one of its items; empty where the form has none. */
export function reasonOf(value: Value, item: string): string {
  return typeof value === 'object' && !Array.isArray(value) ? (value[item] ?? '') : ''
}

/** Directives that take one value, not a list of items. */
export function isSingle({ type }: DirectiveInfo): boolean {
  return ['switch', 'enum', 'octal', 'text', 'errno', 'number'].includes(type)
}

/** True where a single value is looser than the catalogue's strictest. */
export function isWeaker(info: DirectiveInfo, value: string): boolean {
  if (info.strictest === undefined) return false
  if (info.type === 'octal') {
    if (!/^[0-7]+$/.test(value)) return false
    return (parseInt(info.strictest, 8) & ~parseInt(value, 8)) !== 0
  }
  // What the catalogue does not know is another rule's to say.
  if (!info.values?.includes(value)) return false
  return info.values.indexOf(value) < info.values.indexOf(info.strictest)
}

/** Everything in a set of directives that loosens, in the order it is written. */
export function grantsOf(directives: Directives, catalogue: Catalogue): Grant[] {
  return Object.entries(directives).flatMap(([directive, value]): Grant[] => {
    const info = catalogue[directive]
    if (!info || typeof value === 'string' || Array.isArray(value)) return []
    return Object.entries(value).flatMap(([item, reason]): Grant[] => {
      if (isSingle(info)) {
        return isWeaker(info, item) ? [{ directive, item, reason, kind: 'value' }] : []
      }
      if (info.items !== 'grant' || item.startsWith('~')) return []
      return [{ directive, item, reason, kind: 'item' }]
    })
  })
}

/** The same directives with one grant taken away: the item gone, or the strictest value in its place. */
export function withoutGrant(
  directives: Directives,
  { directive, item, kind }: Pick<Grant, 'directive' | 'item' | 'kind'>,
  catalogue: Catalogue,
): Directives {
  const info = catalogue[directive]
  const value = directives[directive]
  if (!info || value === undefined) return directives
  const next = { ...directives }
  if (kind === 'value') {
    next[directive] = info.strictest ?? ''
    return next
  }
  const kept = Object.entries(value as Record<string, string>).filter(([name]) => name !== item)
  if (kept.length > 0) next[directive] = Object.fromEntries(kept)
  else if (info.strictest !== undefined) next[directive] = info.strictest
  else delete next[directive]
  return next
}

/** What a by-platform value says for one platform; undefined where it does not name it. */
export function forPlatform<T extends string | string[]>(
  value: T | Record<string, T> | undefined,
  platform: string,
): T | undefined {
  if (value === undefined || typeof value === 'string' || Array.isArray(value)) return value as T
  return (value as Record<string, T>)[platform]
}

/** The unit that the lab starts: the instance of a template, or the unit itself. */
export function startedUnit(profile: Profile, platform: string): string | undefined {
  return forPlatform(profile.instance, platform) ?? forPlatform(profile.unit, platform)
}

/** Every unit name that a profile is for, without repetition. */
export function unitsOf({ unit }: Profile): string[] {
  return typeof unit === 'string' ? [unit] : [...new Set(Object.values(unit))]
}
