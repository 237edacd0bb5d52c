import type { APIRoute } from 'astro'
import { atomFeed } from '../published/feed.ts'
import { readSiteData } from '../registry.ts'

export const GET: APIRoute = async () => {
  const { entries, changes, renamed } = await readSiteData()
  const names = Object.fromEntries(entries.map(({ id, profile }) => [id, profile.name]))
  const title = 'Fenced: changes of profiles'
  return new Response(atomFeed({ title, path: '/feed.xml', page: '/', changes, names, renamed }), {
    headers: { 'content-type': 'application/atom+xml; charset=utf-8' },
  })
}
