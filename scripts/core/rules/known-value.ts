import { isSingle } from '../profile/values.ts'
import { nearest } from '../yaml/nearest.ts'
import { isPlain } from './plain-text.ts'
import { directiveEntries, itemEntries, placeOf } from './entries.ts'
import type { DirectiveInfo, DirectiveType } from '../profile/types.ts'
import type { Rule } from './rule.ts'

/** systemd ignores a value that it does not know: the line loads and does nothing. */
export const knownValue: Rule = {
  name: 'known-value',
  check: (context) =>
    directiveEntries(context).flatMap((entry) => {
      const { info, directive } = entry
      if (!info) return []
      const items = itemEntries(entry)
      if (!isSingle(info)) {
        const form = listForms[info.type]
        return items
          .filter(({ item }) => form && item !== '' && isPlain(item) && !form.test(item))
          .map((item) => ({
            ...placeOf(context, item),
            message: `${directive} does not take ${quoted(item.item)}`,
            fix: form?.fix ?? '',
          }))
      }
      const [, second] = items
      if (second) {
        return {
          ...placeOf(context, second),
          message: `${directive} takes one value, and here is a second`,
          fix: 'keep the one that is meant',
        }
      }
      return items.flatMap((item) => {
        const wrong = wrongValue(directive, info, item.item)
        return wrong ? [{ ...placeOf(context, item), ...wrong }] : []
      })
    }),
}

function wrongValue(directive: string, info: DirectiveInfo, value: string) {
  if (info.values) {
    if (info.values.includes(value)) return undefined
    const meant = plainSwitch(value, info.values) ?? nearest(value, info.values)
    const fix = meant ? `did you mean "${meant}"?` : `write one of ${info.values.join(', ')}`
    return { message: `${directive} does not take ${quoted(value)}`, fix }
  }
  const form = forms[info.type]
  if (!form || form.pattern.test(value)) return undefined
  return { message: `${directive} does not take ${quoted(value)}`, fix: form.fix }
}

const forms: Record<string, { pattern: RegExp; fix: string }> = {
  octal: { pattern: /^0[0-7]{3}$/, fix: 'write four octal digits in quotes, such as "0077"' },
  number: {
    pattern: /^(infinity|-?\d+[KMGT%]?)(:(infinity|\d+[KMGT]?))?$/,
    fix: 'write a number, with K, M, G or % where it is a size or share, or infinity',
  },
  errno: { pattern: /^(E[A-Z0-9]+|kill)$/, fix: 'write an error name such as EPERM' },
  text: { pattern: /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, fix: 'write one plain name' },
}

interface ListForm {
  test(item: string): boolean
  fix: string
}

/** Lists whose items have a form of their own; closed lists of names have their own rule. */
const listForms: Partial<Record<DirectiveType, ListForm>> = {
  addresses: {
    test: (item) => ['any', 'localhost', 'link-local', 'multicast'].includes(item) || isRange(item),
    fix: 'write an address with its length, such as 192.0.2.0/24, or any, localhost, link-local, multicast',
  },
  devices: {
    test: (item) => /^(\/dev\/\S+|(char|block)-\S+)( [rwm]{1,3})?$/.test(item),
    fix: 'write a device and its access, such as /dev/net/tun rw',
  },
  binds: {
    test: (item) => item === 'any' || isBind(item),
    fix: 'write any, a port, or family and protocol before it, such as ipv4:tcp:80',
  },
  names: {
    test: (item) => /^~?[A-Za-z0-9_@.-]+$/.test(item),
    fix: 'write one plain name an item',
  },
}

function isRange(item: string): boolean {
  const [address = '', length, ...rest] = item.split('/')
  if (rest.length > 0 || (length !== undefined && !/^(0|[1-9]\d{0,2})$/.test(length))) return false
  const parts = address.split('.')
  if (parts.length === 4) {
    const bytes = parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
    return bytes && Number(length ?? 0) <= 32
  }
  if (!/^[0-9a-f:]+$/i.test(address) || Number(length ?? 0) > 128) return false
  const groups = address.split(':')
  const gaps = address.split('::').length - 1
  return (
    groups.every((group) => group.length <= 4) &&
    (gaps === 1 ? groups.length <= 9 : gaps === 0 && groups.length === 8)
  )
}

function isBind(item: string): boolean {
  const [, ports] = /^(?:ipv[46]:)?(?:(?:tcp|udp):)?([\d-]+)$/.exec(item) ?? []
  const [from = NaN, to = from, ...rest] = (ports ?? '').split('-').map(Number)
  return rest.length === 0 && from >= 1 && to >= from && to <= 65535
}

/** `true` for `yes` and the like: systemd reads them, we keep to one spelling. */
function plainSwitch(value: string, values: string[]): string | undefined {
  const word = value.toLowerCase()
  if (['1', 'y', 'true', 't', 'on', 'yes'].includes(word)) return values.find((v) => v === 'yes')
  if (['0', 'n', 'false', 'f', 'off', 'no'].includes(word)) return values.find((v) => v === 'no')
  return undefined
}

function quoted(value: string): string {
  return value === '' ? 'an empty value' : `"${value}"`
}
