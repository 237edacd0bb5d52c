import type { APIRoute } from 'astro'
import { shellMessages } from '../published/shell-messages.ts'
import { readSiteData } from '../registry.ts'

export const GET: APIRoute = async () =>
  new Response(shellMessages((await readSiteData()).messages), {
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  })
