import type { APIRoute } from 'astro'
import { profilesIndex } from '../published/profiles-index.ts'
import { readSiteData } from '../registry.ts'

export const GET: APIRoute = async () =>
  new Response(`${JSON.stringify(profilesIndex(await readSiteData()), null, 2)}\n`, {
    headers: { 'content-type': 'application/json; charset=utf-8' },
  })
