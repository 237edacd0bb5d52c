import { isSingle, isWeaker } from '../profile/values.ts'
import { directiveEntries, itemEntries, placeOf } from './entries.ts'
import type { Rule } from './rule.ts'

/** Whatever loosens says what for, so that the next reader can tell whether it is needed on their machine. */
export const grantHasReason: Rule = {
  name: 'grant-has-reason',
  check: (context) =>
    directiveEntries(context)
      // The directives of a reason to skip are an experiment; the reason itself is beside them.
      .filter(({ path }) => path[0] !== 'reasons')
      .flatMap((entry) => {
        const { info, value, directive } = entry
        if (!info) return []
        const loosens = (item: string) =>
          isSingle(info)
            ? isWeaker(info, item) || directive === 'User' || directive === 'Group'
            : info.items === 'grant' && !neutral.has(item) && !info.base?.includes(item)
        return itemEntries(entry)
          .filter(({ item }) => loosens(item))
          .flatMap((item) => {
            const reason =
              typeof value === 'object' && !Array.isArray(value) ? value[item.item] : undefined
            if (reason !== undefined && reason.trim().length >= shortest) return []
            const what = isSingle(info) ? `${directive} ${item.item}` : item.item
            return {
              ...placeOf(context, item),
              message:
                reason === undefined || reason.trim() === ''
                  ? `${what} loosens without a reason`
                  : `"${reason}" is too short to be a reason`,
              fix: `write ${directive}: {${item.item}: what the service needs it for}`,
            }
          })
      }),
}

const shortest = 8
/** Whole values that grant nothing. */
const neutral = new Set(['', 'none', 'yes', 'native', '@system-service'])
