import type { APIRoute } from 'astro'
import { shellIndex } from '../published/shell-index.ts'
import { readSiteData } from '../registry.ts'

export const GET: APIRoute = async () =>
  new Response(shellIndex(await readSiteData()), {
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  })
