import { getCollection } from 'astro:content'
import type { CollectionKey } from 'astro:content'
import type { Registry } from '../../scripts/registry.ts'

export type { Entry } from '../../scripts/registry.ts'

/** What the pages are made of: the registry without its problems. */
export type SiteData = Omit<Registry, 'problems'>

let data: Promise<SiteData> | undefined

/** Reads the collections once a build; entries by name, everything else in the order of its file. */
export function readSiteData(): Promise<SiteData> {
  if (import.meta.env.DEV) return collect()
  return (data ??= collect())
}

async function collect(): Promise<SiteData> {
  const [profiles, directives, attacks, platforms, messages, [history]] = await Promise.all([
    ordered('profiles'),
    ordered('directives'),
    ordered('attacks'),
    ordered('platforms'),
    ordered('messages'),
    ordered('history'),
  ])
  return {
    entries: profiles
      .map((entry) => entry.data)
      .toSorted((a, b) => a.profile.name.localeCompare(b.profile.name, 'en')),
    directives: Object.fromEntries(directives.map(({ id, data }) => [id, data])),
    attacks: Object.fromEntries(attacks.map(({ id, data }) => [id, data])),
    platforms: platforms.map((platform) => platform.data),
    messages: Object.fromEntries(messages.map(({ id, data }) => [id, data])),
    changes: history!.data.changes,
    renamed: history!.data.renamed,
  }
}

async function ordered<C extends CollectionKey>(name: C) {
  const entries = await getCollection(name)
  return entries.toSorted((a, b) => a.data.position - b.data.position)
}
