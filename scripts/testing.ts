import type { Profile } from './core/profile/types.ts'
import type { Context } from './core/rules/rule.ts'
import type { YamlFile } from './core/yaml/document.ts'
import { digest } from './digest.ts'
import { readSchema } from './registry.ts'
import { names, score } from './world.ts'

const schema = readSchema()

/** For tests: a profile in the world as it is, with nothing measured. */
export function contextOf(profile: Profile, file: Pick<YamlFile, 'keyAt' | 'valueAt'>): Context {
  return {
    id: profile.id,
    profile,
    keyAt: file.keyAt,
    valueAt: file.valueAt,
    measuredAt: () => ({ line: 1, col: 1 }),
    catalogue: schema.directives,
    attacks: schema.attacks,
    platforms: schema.platforms,
    names,
    digest,
    score,
    probe: '',
  }
}
