import type { Finding, Rule } from './rule.ts'
import { stages } from '../profile/types.ts'

const form = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/** An option's name becomes a file name, and its question is what the reader answers. */
export const optionName: Rule = {
  name: 'option-name',
  check: ({ profile, catalogue, keyAt, valueAt }) =>
    Object.entries(profile.options ?? {}).flatMap(([name, option]): Finding[] => {
      const at = ['options', name]
      const found: Finding[] = []
      if (!form.test(name)) {
        const fix = 'use lower-case letters, digits and single dashes'
        found.push({ ...keyAt(at), message: `"${name}" cannot name an option`, fix })
      }
      if ((stages as readonly string[]).includes(name)) {
        found.push({
          ...keyAt(at),
          message: `${name} is a stage`,
          fix: 'name the option otherwise',
        })
      }
      if (!option.question.endsWith('?')) {
        const message = `"${option.question}" is no question`
        found.push({
          ...valueAt([...at, 'question']),
          message,
          fix: 'ask it, with a question mark',
        })
      }
      for (const [index, directive] of (option.replaces ?? []).entries()) {
        if (Object.hasOwn(option.directives, directive) && catalogue[directive]?.base) continue
        const message = `${directive} is replaced but is no list that this option sets`
        const fix = 'name a list directive that the option sets'
        found.push({ ...valueAt([...at, 'replaces', index]), message, fix })
      }
      return found
    }),
}
