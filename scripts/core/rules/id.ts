import type { Rule } from './rule.ts'

/** The first segment of every address that is not a profile's. */
export const reservedIds = [
  '404',
  'about',
  'ansible',
  'api',
  'assets',
  'badge',
  'contribute',
  'directives',
  'favicon',
  'feed',
  'fenced',
  'index',
  'method',
  'nixos',
  'openapi',
  'platforms',
  'profiles',
  'robots',
  'schema',
  'score',
  'search',
  'sitemap',
  'sitemap-index',
  'stages',
  'troubleshoot',
]

export const idForm = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/** The directory's name is the id and the address; it never changes, so it must be right from the start. */
export const id: Rule = {
  name: 'id',
  check({ id, keyAt }) {
    const at = keyAt([])
    if (reservedIds.includes(id)) {
      return [
        { ...at, message: `${id} is an address of the site`, fix: 'name the directory otherwise' },
      ]
    }
    if (idForm.test(id)) return []
    const message = `"${id}" cannot be an id`
    return [{ ...at, message, fix: 'use lower-case letters, digits and single dashes' }]
  },
}
