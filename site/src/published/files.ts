import type { DirectiveInfo } from '../../../scripts/core/profile/types.ts'
import { origin } from '../../../scripts/core/site.ts'
import type { Entry, Registry } from '../../../scripts/registry.ts'
import { headline } from '../wording/runs.ts'
import { badge } from './badge.ts'
import { checksumLine, sha256 } from './checksum.ts'
import { atomFeed } from './feed.ts'
import { recipesOf } from './recipes.ts'
import { renderingsOf } from './renderings.ts'

export { usedStages } from './renderings.ts'

/** One file of an entry; the path is relative to the entry's own address. */
export interface PublishedFile {
  path: string
  text: string
}

type Catalogue = Record<string, DirectiveInfo>

/** hardening.conf, its stages and its options; none for an entry that is better left alone. */
export function dropInsOf(entry: Entry, catalogue: Catalogue): PublishedFile[] {
  return renderingsOf(entry, catalogue).filter(({ isOlder }) => !isOlder)
}

/** What machines fetch and check: drop-ins, those for an older systemd too, and recipes with them. */
export function checkedFilesOf(entry: Entry, catalogue: Catalogue): PublishedFile[] {
  return [...renderingsOf(entry, catalogue), ...recipesOf(entry, dropInsOf(entry, catalogue))]
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
  const checked = checkedFilesOf(entry, directives)
  const checksums = checked.map(({ path, text }) => ({
    path: `${path}.sha256`,
    text: checksumLine(text, path.slice(path.lastIndexOf('/') + 1)),
  }))
  const score = headline(entry, platforms)
  const pictures = score?.after
    ? [{ path: 'badge.svg', text: badge(entry.profile.name, score.before, score.after) }]
    : []
  const json = { path: 'profile.json', text: asJson(entry, dropIns) }
  const feed = { path: 'feed.xml', text: feedOf(entry, changes, renamed) }
  return [...checked, ...checksums, ...pictures, json, feed]
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
