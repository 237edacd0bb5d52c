import { nearest } from '../yaml/nearest.ts'
import { directiveEntries } from './entries.ts'
import type { Context, Rule } from './rule.ts'
import { isOutside } from './sandbox-only.ts'

/** A misspelt directive loads with one line in the journal and does nothing. */
export const knownDirective: Rule = {
  name: 'known-directive',
  check(context) {
    const set = directiveEntries(context)
      .filter(({ info, directive }) => !info && !isOutside(directive))
      .map(({ directive, path }) => ({ directive, path }))
    const left = Object.keys(context.profile.leftOut ?? {})
      .filter((directive) => !Object.hasOwn(context.catalogue, directive))
      .map((directive) => ({ directive, path: ['leftOut', directive] }))
    return [...set, ...left].map(({ directive, path }) => ({
      ...context.keyAt(path),
      message: `${directive} is no directive of the catalogue`,
      fix: suggestion(directive, context),
    }))
  },
}

function suggestion(directive: string, { catalogue }: Context): string {
  const meant = nearest(directive, Object.keys(catalogue))
  return meant ? `did you mean ${meant}?` : 'schema/directives.yaml lists those that there are'
}
