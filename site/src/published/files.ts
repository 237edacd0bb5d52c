import { renderDropIn, renderOption } from '../../../scripts/core/profile/render.ts'
import { stages } from '../../../scripts/core/profile/types.ts'
import type { DirectiveInfo, Profile, Stage } from '../../../scripts/core/profile/types.ts'
import { origin } from '../../../scripts/core/site.ts'
import { digest } from '../../../scripts/digest.ts'
import type { Entry, Registry } from '../../../scripts/registry.ts'
import { headline } from '../wording/runs.ts'
import { badge } from './badge.ts'
import { atomFeed } from './feed.ts'

/** One file of an entry; the path is relative to the entry's own address. */
export interface PublishedFile {
  path: string
  text: string
}

type Catalogue = Record<string, DirectiveInfo>

/** The hex digits alone, as `sha256sum` prints them. */
export function sha256(text: string): string {
  return digest(text).slice('sha256:'.length)
}

/** A line that `sha256sum -c` reads beside the file. */
export function checksumLine(text: string, name: string): string {
  return `${sha256(text)}  ${name}\n`
}

/** The stages that a profile has directives in. */
export function usedStages({ directives = {} }: Profile, catalogue: Catalogue): Stage[] {
  return stages.filter((stage) =>
    Object.keys(directives).some((name) => catalogue[name]?.stage === stage),
  )
}

/** hardening.conf, its stages and its options; none for an entry that is better left alone. */
export function dropInsOf({ profile }: Entry, catalogue: Catalogue): PublishedFile[] {
  if (!profile.directives) return []
  const how = { directives: catalogue }
  return [
    { path: 'hardening.conf', text: renderDropIn(profile, how) },
    ...Object.keys(profile.options ?? {}).map((name) => ({
      path: `site-${name}.conf`,
      text: renderOption(profile, name, how),
    })),
    ...usedStages(profile, catalogue).map((stage) => ({
      path: `stages/${stage}.conf`,
      text: renderDropIn(profile, { ...how, stage }),
    })),
  ]
}

/** Everything that is published under an entry's address beside the page itself; figures of the first platform. */
export function filesOf(
  entry: Entry,
  {
    directives,
    platforms,
    changes,
    renamed,
  }: Pick<Registry, 'directives' | 'platforms' | 'changes' | 'renamed'>,
): PublishedFile[] {
  const dropIns = dropInsOf(entry, directives)
  const checksums = dropIns.map(({ path, text }) => ({
    path: `${path}.sha256`,
    text: checksumLine(text, path.slice(path.lastIndexOf('/') + 1)),
  }))
  const score = headline(entry, platforms)
  const pictures = score?.after
    ? [{ path: 'badge.svg', text: badge(entry.profile.name, score.before, score.after) }]
    : []
  const json = { path: 'profile.json', text: asJson(entry, dropIns) }
  const feed = { path: 'feed.xml', text: feedOf(entry, changes, renamed) }
  return [...dropIns, ...checksums, ...pictures, json, feed]
}

function feedOf(
  { id, profile }: Entry,
  changes: Registry['changes'],
  renamed: Registry['renamed'],
): string {
  return atomFeed({
    title: `${profile.name}: changes of its profile · Fenced`,
    path: `/${id}/feed.xml`,
    page: `/${id}/`,
    changes: changes.filter(({ service }) => (renamed[service] ?? service) === id),
    names: { [id]: profile.name },
    renamed,
  })
}

function asJson({ id, profile, measured }: Entry, dropIns: PublishedFile[]): string {
  const files = dropIns.map(({ path, text }) => ({
    url: `${origin}/${id}/${path}`,
    sha256: sha256(text),
  }))
  return `${JSON.stringify({ ...profile, page: `${origin}/${id}/`, files, measured }, null, 2)}\n`
}
