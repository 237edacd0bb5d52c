import type { DirectiveType } from '../profile/types.ts'
import { nearest } from '../yaml/nearest.ts'
import { directiveEntries, itemEntries, placeOf } from './entries.ts'
import type { Names, Rule } from './rule.ts'

/** A misspelt capability or group loads without a word, and scores as if it had been dropped. */
export const knownName: Rule = {
  name: 'known-name',
  check: (context) =>
    directiveEntries(context).flatMap((entry) => {
      const kind = entry.info ? kinds[entry.info.type] : undefined
      const { value } = entry
      if (!kind || value === '') return []
      if (typeof value === 'string' && kind.words?.includes(value)) return []
      const known = kind.names(context.names)
      return itemEntries(entry).flatMap((item) => {
        const name = entry.info?.type === 'syscalls' ? item.item.replace(/^~/, '') : item.item
        if (known.includes(name)) return []
        const meant = nearest(name, known) ?? nearest(kind.prefix + name, known)
        return {
          ...placeOf(context, item),
          message: `${item.item} is no ${kind.what} that systemd knows`,
          fix: meant ? `did you mean ${meant}?` : kind.fix,
        }
      })
    }),
}

interface Kind {
  what: string
  prefix: string
  names: (names: Names) => string[]
  /** Whole values that are no names. */
  words?: string[]
  fix: string
}

const kinds: Partial<Record<DirectiveType, Kind>> = {
  capabilities: {
    what: 'capability',
    prefix: 'CAP_',
    names: (names) => names.capabilities,
    fix: 'capabilities(7) lists them',
  },
  families: {
    what: 'address family',
    prefix: 'AF_',
    names: (names) => names.addressFamilies,
    words: ['none'],
    fix: 'address_families(7) lists them',
  },
  namespaces: {
    what: 'kind of namespace',
    prefix: '',
    names: (names) => names.namespaceTypes,
    words: ['yes', 'no'],
    fix: 'write one of cgroup, ipc, net, mnt, pid, user, uts, time',
  },
  architectures: {
    what: 'architecture',
    prefix: '',
    names: (names) => names.architectures,
    fix: 'write native',
  },
  syscalls: {
    what: 'system call or group',
    prefix: '@',
    names: (names) => [...names.syscallGroups, ...names.syscalls],
    fix: 'systemd-analyze syscall-filter lists them',
  },
}
