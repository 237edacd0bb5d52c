import { Document, isMap, isScalar } from 'yaml'
import type { Profile, Value } from '../core/profile/types.ts'
import type { Catalogue } from '../core/profile/values.ts'
import type { Tightest } from './tightest.ts'
import type { Failure } from './verdict.ts'

/**
 * A profile with what the search found, as YAML text. Each grant has what failed without it in a comment above, and an
 * empty reason: `npm run validate` names each one that a person has yet to write.
 */
export function draftProfile(profile: Profile, found: Tightest, catalogue: Catalogue): string {
  const { id: _, directives: __, leftOut: ___, ...header } = profile
  const inOrder = Object.keys(catalogue).filter((name) => found.directives[name] !== undefined)
  const directives = inOrder.map((name) => [name, found.directives[name] as Value])
  const leftOut = Object.keys(catalogue).filter((name) => found.leftOut[name] !== undefined)
  const document = new Document({
    ...header,
    directives: Object.fromEntries(directives),
    leftOut: Object.fromEntries(leftOut.map((name) => [name, ''])),
  })
  const comment = (path: string[], { check, message }: Failure) => {
    const parent = document.getIn(path.slice(0, -1))
    if (!isMap(parent)) return
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
    const what = check === 'start' ? 'it does not start' : `"${check}" fails`
    if (pair && isScalar(pair.key)) {
      pair.key.commentBefore = ` ${what}${message ? `: ${message}` : ''}`
    }
  }
  for (const [name, items] of Object.entries(found.needed)) {
    for (const [item, failure] of Object.entries(items))
      comment(['directives', name, item], failure)
  }
  for (const [name, failure] of Object.entries(found.leftOut)) comment(['leftOut', name], failure)
  document.commentBefore = ' yaml-language-server: $schema=../../schema/profile.schema.json'
  return document.toString({ lineWidth: 0, singleQuote: true })
}
