import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { parseChangelog } from './core/changelog/parse.ts'
import type { Change } from './core/changelog/parse.ts'
import { checkProfile } from './core/check.ts'
import type { World } from './core/check.ts'
import type { Measured } from './core/measured/types.ts'
import type { Message } from './core/messages.ts'
import type { Problem } from './core/problem.ts'
import type { Attack, DirectiveInfo, Profile } from './core/profile/types.ts'
import { parseRenamed } from './core/renamed.ts'
import type { Renamed } from './core/renamed.ts'
import type { Platform } from './core/rules/rule.ts'
import { nearest } from './core/yaml/nearest.ts'
import { digest } from './digest.ts'
import { readDrafts } from './drafts.ts'
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
  /** What the journal says of a sandbox that is too tight, whatever the service. */
  messages: Record<string, Message>
  /** What CHANGELOG.md says, newest first. */
  changes: Change[]
  /** Old ids, from profiles/renamed.yaml. */
  renamed: Renamed
  problems: Problem[]
}

/** The repository's own directory. */
export const projectRoot = fileURLToPath(new URL('..', import.meta.url))

/** The catalogue, the attacks and the platforms, which profiles are held against, and the messages. */
export function readSchema(): Pick<Registry, 'directives' | 'attacks' | 'platforms' | 'messages'> {
  const read = (name: string) =>
    parse(readFileSync(join(projectRoot, 'schema', name), 'utf8')) as Record<string, never>
  const platforms = Object.entries<Omit<Platform, 'id'>>(read('platforms.yaml'))
  return {
    directives: readCatalogue(),
    attacks: read('attacks.yaml'),
    messages: read('messages.yaml'),
    platforms: platforms.map(([id, platform]) => ({ ...platform, id })),
  }
}

/** The catalogue of directives, which another revision of this repository has too. */
export function readCatalogue(root = projectRoot): Registry['directives'] {
  return parse(readFileSync(join(root, 'schema', 'directives.yaml'), 'utf8')) as never
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
  const ids = only.length > 0 ? allIds(root) : profileIds(root)
  const registry: Registry = { ...schema, entries: [], ...readHistory(root, allIds(root)) }
  registry.problems.push(...readDrafts(root, allIds(root)).problems)
  // Of no service in particular, so not for who asked about one.
  if (only.length > 0) registry.problems = []
  for (const id of ids) {
    if (only.length > 0 && !only.includes(id)) continue
    const file = (name: string) => readIfThere(join(root, 'profiles', id, name))
    const probe = readProbe(id, root)
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

/** The checks of a service as they are run: probe.bats, and after it profiles/probe.bash where it loads that. */
export function readProbe(id: string, root = projectRoot): string | undefined {
  const probe = readIfThere(join(root, 'profiles', id, 'probe.bats'))
  if (!probe || !/^load probe$/m.test(probe)) return probe
  return probe + (readIfThere(join(root, 'profiles/probe.bash')) ?? '')
}

/** What has changed since people began to fetch drop-ins: the changelog, and ids that were given up. */
function readHistory(
  root: string,
  ids: string[],
): Pick<Registry, 'changes' | 'renamed' | 'problems'> {
  const [log, moved] = ['CHANGELOG.md', 'profiles/renamed.yaml']
  const { renamed, ...old } = parseRenamed(moved, readIfThere(join(root, moved)) ?? '', ids)
  // Not only drop-ins change for those who use them.
  const known = [...ids, ...Object.keys(renamed), 'fenced.sh', 'ansible']
  const { changes, problems } = parseChangelog(log, readIfThere(join(root, log)) ?? '', known)
  return { changes, renamed, problems: [...problems, ...old.problems] }
}

/** Every published profile, sorted: the directories under profiles/ without the drafts. */
export function profileIds(root = projectRoot): string[] {
  const ids = allIds(root)
  const { drafts } = readDrafts(root, ids)
  return ids.filter((id) => !Object.hasOwn(drafts, id))
}

/** Every directory under profiles/, sorted, drafts included. */
export function allIds(root = projectRoot): string[] {
  return readdirSync(join(root, 'profiles'), { withFileTypes: true })
    .filter((item) => item.isDirectory())
    .map(({ name }) => name)
    .toSorted()
}

/** Refuses an id that is not in the registry, with the one that was probably meant. */
export function knownId(id: string, root = projectRoot) {
  const ids = allIds(root)
  if (ids.includes(id)) return
  const meant = nearest(id, ids)
  throw new UsageError(`there is no profile ${id}${meant ? `; did you mean ${meant}?` : ''}`)
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
