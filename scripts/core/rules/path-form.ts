import { directiveEntries, itemEntries, placeOf } from './entries.ts'
import type { Rule } from './rule.ts'

/** Always there on a system that runs the service: no `-` is needed, since systemd cannot start without them. */
const always =
  /^\/(?:etc|usr|var|run|dev|tmp|boot|proc|sys|bin|sbin|lib|var\/(?:lib|log|cache|tmp|spool)|dev\/shm|run\/lock)?$/

/** A path that is missing stops the start with 226/NAMESPACE, unless `-` says that it may be. */
export const pathForm: Rule = {
  name: 'path-form',
  check: (context) =>
    directiveEntries(context).flatMap((entry) => {
      const { info, directive } = entry
      if (!info || (info.type !== 'paths' && info.type !== 'directories')) return []
      return itemEntries(entry).flatMap((item) => {
        if (item.item === '') return []
        const wrong =
          info.type === 'directories' ? wrongName(item.item) : wrongPath(item.item, directive)
        return wrong ? [{ ...placeOf(context, item), ...wrong }] : []
      })
    }),
}

function wrongPath(item: string, directive: string) {
  const say = (message: string, fix: string) => ({ message: `${item} ${message}`, fix })
  if (/\s/.test(item)) return say('holds a blank', 'write one path an item')
  if (item.startsWith('+'))
    return say('has the prefix +', 'write it without: there is no other root')
  const [path = '', target] = item.replace(/^-/, '').split(':')
  for (const part of target?.startsWith('/') ? [path, target] : [path]) {
    if (!part.startsWith('/')) return say('is not absolute', 'begin it with /')
    if (part.split('/').includes('..')) return say('holds ..', 'write where it really leads')
    if (/\/(\.?)(\/|$)/.test(part.slice(0, -1) + '/x') && /\/\.?\//.test(part)) {
      return say('has an empty part', 'write single slashes')
    }
    if (part.length > 1 && part.endsWith('/'))
      return say('ends with a slash', 'leave the slash off')
  }
  if (directive === 'TemporaryFileSystem' && item.startsWith('-')) {
    return say('has the prefix -', 'write it without: systemd ignores such a line')
  }
  const mayMiss = !item.startsWith('-') && !always.test(path) && directive !== 'TemporaryFileSystem'
  return mayMiss ? say('would stop the start where it is missing', `write -${item}`) : undefined
}

function wrongName(item: string) {
  const [name = ''] = item.split(':')
  if (!name.startsWith('/') && !name.split('/').includes('..') && !/\s/.test(name)) return undefined
  return {
    message: `${item} is not a name below the base directory`,
    fix: 'write it without the leading path',
  }
}
