import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { parseChangelog } from './core/changelog/parse.ts'
import type { Change } from './core/changelog/parse.ts'
import { checkProfile } from './core/check.ts'
import type { World } from './core/check.ts'
import type { Measured } from './core/measured/types.ts'
import type { Problem } from './core/problem.ts'
import type { Attack, DirectiveInfo, Profile } from './core/profile/types.ts'
import { parseRenamed } from './core/renamed.ts'
import type { Renamed } from './core/renamed.ts'
import type { Platform } from './core/rules/rule.ts'
import { nearest } from './core/yaml/nearest.ts'
import { digest } from './digest.ts'
import { UsageError } from './usage.ts'
import { names, score } from './world.ts'

export interface Entry {
  id: string
  profile: Profile
  measured?: Measured
  probe: string
}

export interface Registry {
  /** Profiles whose form is right, by id; the rest are only in problems. */
  entries: Entry[]
  directives: Record<string, DirectiveInfo>
  attacks: Record<string, Attack>
  platforms: Platform[]
  /** What CHANGELOG.md says, newest first. */
  changes: Change[]
  /** Old ids, from profiles/renamed.yaml. */
  renamed: Renamed
  problems: Problem[]
}

/** The repository's own directory. */
export const projectRoot = fileURLToPath(new URL('..', import.meta.url))

/** The catalogue, the attacks and the platforms: what profiles are held against. */
export function readSchema(): Pick<Registry, 'directives' | 'attacks' | 'platforms'> {
  const read = (name: string) =>
    parse(readFileSync(join(projectRoot, 'schema', name), 'utf8')) as Record<string, never>
  const platforms = Object.entries<Omit<Platform, 'id'>>(read('platforms.yaml'))
  return {
    directives: read('directives.yaml'),
    attacks: read('attacks.yaml'),
    platforms: platforms.map(([id, platform]) => ({ ...platform, id })),
  }
}

/** The only reader of profiles/. `root` holds the directory profiles; `only` names the ids wanted. */
export function readRegistry(root = projectRoot, only: string[] = []): Registry {
  const schema = readSchema()
  const world: World = {
    catalogue: schema.directives,
    attacks: schema.attacks,
    platforms: schema.platforms,
    names,
    digest,
    score,
  }
  const ids = profileIds(root)
  const registry: Registry = { ...schema, entries: [], ...readHistory(root, ids) }
  // Of no service in particular, so not for who asked about one.
  if (only.length > 0) registry.problems = []
  for (const id of ids) {
    if (only.length > 0 && !only.includes(id)) continue
    const file = (name: string) => readIfThere(join(root, 'profiles', id, name))
    const probe = file('probe.bats')
    const { profile, measured, problems } = checkProfile(
      {
        id,
        directory: `profiles/${id}`,
        profile: file('profile.yaml') ?? '',
        probe,
        measured: file('measured.yaml'),
      },
      world,
    )
    registry.problems.push(...problems)
    if (profile) {
      registry.entries.push({ id, profile, probe: probe ?? '', ...(measured && { measured }) })
    }
  }
  return registry
}

/** What has changed since people began to fetch drop-ins: the changelog, and ids that were given up. */
function readHistory(
  root: string,
  ids: string[],
): Pick<Registry, 'changes' | 'renamed' | 'problems'> {
  const [log, moved] = ['CHANGELOG.md', 'profiles/renamed.yaml']
  const { renamed, ...old } = parseRenamed(moved, readIfThere(join(root, moved)) ?? '', ids)
  const known = [...ids, ...Object.keys(renamed)]
  const { changes, problems } = parseChangelog(log, readIfThere(join(root, log)) ?? '', known)
  return { changes, renamed, problems: [...problems, ...old.problems] }
}

/** Every directory under profiles/, sorted. */
export function profileIds(root = projectRoot): string[] {
  return readdirSync(join(root, 'profiles'), { withFileTypes: true })
    .filter((item) => item.isDirectory())
    .map(({ name }) => name)
    .toSorted()
}

/** Refuses an id that is not in the registry, with the one that was probably meant. */
export function knownId(id: string, root = projectRoot) {
  const ids = profileIds(root)
  if (ids.includes(id)) return
  const meant = nearest(id, ids)
  throw new UsageError(`there is no profile ${id}${meant ? `; did you mean ${meant}?` : ''}`)
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
