import type { Problem } from './core/problem.ts'
import type { Attack } from './core/profile/types.ts'
import { forPlatform, unitsOf } from './core/profile/values.ts'
import type { Entry, Registry } from './registry.ts'

const begin = '<!-- profiles: written by npm run fix -->'
const end = '<!-- profiles: end -->'

/** README.md with its table of profiles made anew from the registry. */
export function withProfilesTable(readme: string, registry: Registry): string {
  const [start, stop] = [readme.indexOf(begin), readme.indexOf(end)]
  if (start < 0 || stop < start) throw new Error(`README.md has lost its marks ${begin} and ${end}`)
  return `${readme.slice(0, start + begin.length)}\n\n${profilesTable(registry)}\n\n${readme.slice(stop)}`
}

/** A table that is not what the registry says is an error, so that README never shows an old figure. */
export function staleTable(readme: string, registry: Registry): Problem[] {
  if (unpadded(readme) === unpadded(withProfilesTable(readme, registry))) return []
  const line = readme.slice(0, readme.indexOf(begin)).split('\n').length
  const message = 'the table of profiles is not what the registry says'
  return [{ path: 'README.md', line, col: 1, message, fix: 'run npm run fix', rule: 'readme' }]
}

/** The formatter pads a table's cells; what they say is the same. */
function unpadded(text: string): string {
  return text.replace(/ +/g, ' ').replace(/-{2,}/g, '---')
}

function profilesTable({ entries, platforms, attacks }: Registry): string {
  const [first] = platforms
  const head = `| service | before | after | checks | attacks open before | still open |
| --- | --: | --: | --: | --: | --: |`
  const rows = entries.map((entry) => row(entry, first?.id ?? '', attacks))
  return [head, ...rows].join('\n')
}

function row({ id, profile, measured }: Entry, first: string, attacks: Record<string, Attack>) {
  const name = `[${profile.name}](profiles/${id}/profile.yaml) \`${forPlatform(profile.unit, first) ?? unitsOf(profile)[0]}\``
  const run = measured?.platforms[first] ?? Object.values(measured?.platforms ?? {})[0]
  if (profile.advice === 'skip')
    return `| ${name} | ${run?.before.exposure ?? ''} | leave it alone | ${run?.checks.length ?? ''} | | |`
  if (!run) return `| ${name} | not measured yet | | | | |`
  const count = (when: 'before' | 'after') =>
    Object.keys(attacks).filter((attack) => run.attacks[attack]?.[when] === 'open').length
  return `| ${name} | ${run.before.exposure} | ${run.after.exposure} | ${run.checks.length} | ${count('before')} | ${count('after')} |`
}
