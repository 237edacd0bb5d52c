import type { DirectiveInfo } from '../../../scripts/core/profile/types.ts'
import { isSingle } from '../../../scripts/core/profile/values.ts'

/** Lists whose empty line means that nothing is allowed; this is their “everything”. */
const everything: Record<string, string> = { CapabilityBoundingSet: '~', RestrictNamespaces: 'no' }

/** What a unit has that never said a word of these. */
const defaults: Record<string, string> = {
  UMask: '0022',
  NotifyAccess: 'main',
  ProtectHostname: 'no',
}

/** The line that gives back what an experiment took away; without an item, the line that turns the directive off. */
export function relaxedLine(name: string, item: string | undefined, info: DirectiveInfo): string {
  if (item !== undefined) return `${name}=${item}`
  if (Object.hasOwn(defaults, name)) return `${name}=${defaults[name]}`
  if (Object.hasOwn(everything, name)) return `${name}=${everything[name]}`
  return `${name}=${isSingle(info) ? (info.values?.[0] ?? '') : ''}`
}

/** Lists that forbid nothing by being there. */
const harmless = new Set(['AmbientCapabilities', 'IPAddressAllow'])

/** Where a unit has no such list yet, one line of it would allow that item and nothing else. */
export function startsList(name: string, { items, base }: DirectiveInfo): boolean {
  return items === 'grant' && base !== undefined && !harmless.has(name)
}
