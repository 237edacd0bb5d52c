import type { DirectiveInfo, Value } from '../profile/types.ts'
import { isWeaker, itemsOf } from '../profile/values.ts'
import type { Context, Rule } from './rule.ts'

/** Nothing that the score looks at is passed over: it is set, left out with a reason, or set by the vendor. */
export const accounted: Rule = {
  name: 'accounted',
  check(context) {
    const { profile, catalogue } = context
    if (!profile.directives) return []
    const unsaid = Object.entries(profile.leftOut ?? {})
      .filter(([, reason]) => reason.trim().length < shortest)
      .map(([name]) => ({
        ...context.keyAt(['leftOut', name]),
        message: `${name} is left out without a reason`,
        fix: 'say what breaks when it is set',
      }))
    const missing = Object.entries(catalogue)
      .filter(([name, info]) => info.account && !isAccounted(name, info, context))
      .map(([name]) => name)
    const unset = missing.map((name) => ({
      ...context.keyAt(['directives']),
      message: `${name} is neither set nor left out`,
      fix: context.measured
        ? 'set it, or say under leftOut what breaks when it is set'
        : `set it, or say under leftOut what breaks when it is set; where the package's unit sets it, measure first`,
    }))
    return [...unsaid, ...unset]
  },
}

const shortest = 8

function isAccounted(
  name: string,
  info: DirectiveInfo,
  { profile, measured, catalogue }: Context,
): boolean {
  if (Object.hasOwn(profile.directives ?? {}, name)) return true
  if (Object.hasOwn(profile.leftOut ?? {}, name)) return true
  if (info.coveredBy?.some((other) => isOn(profile.directives?.[other]))) return true
  const runs = Object.values(measured?.platforms ?? {})
  const isSet = (vendor: string[]) =>
    isSetByVendor(name, info, vendor) ||
    info.coveredBy?.some((other) => {
      const covering = catalogue[other]
      return covering !== undefined && isSetByVendor(other, covering, vendor)
    }) === true
  return runs.length > 0 && runs.every(({ vendor }) => isSet(vendor))
}

function isOn(value: Value | undefined): boolean {
  return value !== undefined && itemsOf(value)[0] !== 'no'
}

/** True where the package's own unit already sets the directive as tightly as the catalogue asks. */
export function isSetByVendor(name: string, info: DirectiveInfo, vendor: string[]): boolean {
  const last = vendor.findLast((line) => line.startsWith(`${name}=`))
  if (last === undefined) return false
  const value = last.slice(name.length + 1)
  const spelling = /^(1|y|yes|true|t|on)$/i.test(value) ? 'yes' : value
  if (info.type === 'syscalls') return isBase(name, info, vendor)
  if (!info.values) return info.type === 'text' || spelling === info.strictest
  return info.values.includes(spelling) && !isWeaker(info, spelling)
}

/** True where the vendor's lines of a list are the catalogue's own base, however they are spaced. */
function isBase(name: string, { base = [] }: DirectiveInfo, vendor: string[]): boolean {
  const plain = (line: string) => line.replace(/^~\s+/, '~').replace(/\s+/g, ' ').trim()
  const lines = vendor.filter((line) => line.startsWith(`${name}=`))
  const values = lines.map((line) => plain(line.slice(name.length + 1)))
  const wanted = base.filter((line) => line !== '').map(plain)
  return values.filter((line) => line !== '').join('\n') === wanted.join('\n')
}
