import { isSingle } from '../profile/values.ts'
import { nearest } from '../yaml/nearest.ts'
import { directiveEntries, itemEntries, placeOf } from './entries.ts'
import type { DirectiveInfo } from '../profile/types.ts'
import type { Rule } from './rule.ts'

/** systemd ignores a value that it does not know: the line loads and does nothing. */
export const knownValue: Rule = {
  name: 'known-value',
  check: (context) =>
    directiveEntries(context).flatMap((entry) => {
      const { info, directive } = entry
      if (!info || !isSingle(info)) return []
      const items = itemEntries(entry)
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
