import type { Directives } from '../profile/types.ts'
import type { Path } from '../yaml/document.ts'
import { itemsOf } from '../profile/values.ts'
import { directiveSets } from './entries.ts'
import type { Rule } from './rule.ts'

const belowHome = /^-?\/(home|root|run\/user)(\/|:|$)/

interface Clash {
  /** The key to point at. */
  at: string
  message: string
  fix: string
}

const on = (directives: Directives, name: string) => {
  const value = directives[name]
  return value !== undefined && !['no', 'off', 'false'].includes(itemsOf(value)[0] ?? '')
}
const has = (directives: Directives, name: string, pattern: RegExp) =>
  directives[name] !== undefined && itemsOf(directives[name]).some((item) => pattern.test(item))

/** Each looks at a whole set of directives; options are looked at together with what they are added to. */
const clashes: ((set: Directives) => Clash | undefined)[] = [
  (set) =>
    set.IPAddressAllow !== undefined && !has(set, 'IPAddressDeny', /^any$/)
      ? {
          at: 'IPAddressAllow',
          message: 'IPAddressAllow without IPAddressDeny filters nothing',
          fix: 'add IPAddressDeny: any',
        }
      : undefined,
  (set) =>
    has(set, 'IPAddressAllow', /^(any|0\.0\.0\.0\/0|::\/0)$/)
      ? {
          at: 'IPAddressAllow',
          message: 'IPAddressAllow of every address undoes IPAddressDeny',
          fix: 'name the addresses, or leave IPAddressDeny out',
        }
      : undefined,
  (set) =>
    on(set, 'PrivateNetwork') && has(set, 'RestrictAddressFamilies', /^AF_INET6?$/)
      ? {
          at: 'PrivateNetwork',
          message: 'PrivateNetwork leaves no network for the AF_INET that is granted',
          fix: 'drop one of the two',
        }
      : undefined,
  (set) =>
    on(set, 'PrivateUsers') &&
    has(set, 'CapabilityBoundingSet', /^CAP_(NET_|SYS_(TIME|RAWIO|MODULE|BOOT))/)
      ? {
          at: 'PrivateUsers',
          message: 'PrivateUsers makes capabilities over the host, low ports included, powerless',
          fix: 'leave PrivateUsers out, or the capability',
        }
      : undefined,
  (set) =>
    on(set, 'PrivateUsers') &&
    set.AmbientCapabilities !== undefined &&
    set.AmbientCapabilities !== ''
      ? {
          at: 'PrivateUsers',
          message: 'PrivateUsers and AmbientCapabilities do not go together',
          fix: 'drop one of the two',
        }
      : undefined,
  (set) => {
    const bounding = set.CapabilityBoundingSet
    if (bounding === undefined || set.AmbientCapabilities === undefined) return undefined
    const bound = new Set(itemsOf(bounding))
    const outside = itemsOf(set.AmbientCapabilities).find((item) => item && !bound.has(item))
    return outside
      ? {
          at: 'AmbientCapabilities',
          message: `${outside} is ambient but not in CapabilityBoundingSet, so it is not given, without a word`,
          fix: `grant ${outside} in CapabilityBoundingSet too`,
        }
      : undefined
  },
  (set) =>
    has(set, 'DevicePolicy', /^(strict|closed)$/) || on(set, 'PrivateDevices') || !set.DeviceAllow
      ? undefined
      : {
          at: 'DeviceAllow',
          message:
            'DeviceAllow without DevicePolicy leaves the usual devices to the default policy',
          fix: 'add DevicePolicy: closed',
        },
  (set) =>
    on(set, 'PrivateDevices') &&
    has(set, 'DeviceAllow', /^\/dev\/(?!(null|zero|full|random|urandom|tty|ptmx|pts)\b)/)
      ? {
          at: 'PrivateDevices',
          message: 'PrivateDevices hides the device that DeviceAllow opens',
          fix: 'set PrivateDevices aside in leftOut, with DevicePolicy: closed in its place',
        }
      : undefined,
  (set) => alone(set, 'ExecPaths', 'NoExecPaths', 'forbids nothing else'),
  (set) => alone(set, 'SocketBindAllow', 'SocketBindDeny', 'closes no other port'),
  ...['ReadWritePaths', 'BindPaths', 'BindReadOnlyPaths'].map(
    (name) => (set: Directives) =>
      has(set, 'ProtectHome', /^yes$/) && has(set, name, belowHome)
        ? {
            at: 'ProtectHome',
            message: `ProtectHome: "yes" hides what ${name} opens`,
            fix: 'write ProtectHome: tmpfs or read-only with its reason, or keep the data elsewhere',
          }
        : undefined,
  ),
]

/** An exception to a rule that is not there. */
function alone(set: Directives, exception: string, rule: string, so: string): Clash | undefined {
  if (set[exception] === undefined || set[rule] !== undefined) return undefined
  return { at: exception, message: `${exception} without ${rule} ${so}`, fix: `add ${rule}` }
}

/** Lines that load together and cancel each other, or stop the start. */
export const contradiction: Rule = {
  name: 'contradiction',
  check(context) {
    const { profile } = context
    const found: { path: Path; message: string; fix: string }[] = []
    for (const { directives, path } of directiveSets(context)) {
      const isOption = path[0] === 'options'
      const anew = isOption ? profile.options?.[String(path[1])]?.replaces : []
      const together = isOption ? merged(profile.directives ?? {}, directives, anew) : directives
      for (const clash of clashes) {
        const hit = clash(together)
        // An option is blamed only for what it brings in; the default profile has its own turn.
        if (!hit || (isOption && clash(profile.directives ?? {})?.message === hit.message)) continue
        const at = Object.hasOwn(directives, hit.at) ? [...path, hit.at] : path
        found.push({ path: at, message: hit.message, fix: hit.fix })
      }
    }
    for (const name of Object.keys(profile.leftOut ?? {})) {
      if (!Object.hasOwn(profile.directives ?? {}, name)) continue
      const message = `${name} is both set and left out`
      found.push({ path: ['leftOut', name], message, fix: 'keep the one that is true' })
    }
    return found.map(({ path, message, fix }) => ({ ...context.keyAt(path), message, fix }))
  },
}

/** As systemd would see both drop-ins: lists add up but for those that begin anew, single values are replaced. */
function merged(base: Directives, added: Directives, anew: string[] = []): Directives {
  const all = { ...base }
  for (const [name, value] of Object.entries(added)) {
    const before = anew.includes(name) ? undefined : all[name]
    const isList = typeof value !== 'string' && before !== undefined && typeof before !== 'string'
    const items = isList ? [...itemsOf(before), ...itemsOf(value)] : itemsOf(value)
    all[name] = typeof value === 'string' ? value : single.has(name) ? itemsOf(value) : items
  }
  return all
}

const single = new Set(['ProtectHome', 'ProtectSystem', 'PrivateTmp', 'User', 'Group'])
