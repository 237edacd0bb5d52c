import type { APIRoute } from 'astro'
import { readSiteData } from '../registry.ts'
import { redirects } from './moved.ts'

/** A route of astro.config.ts: a file in pages/ that begins with an underscore is none. */
export const GET: APIRoute = async () =>
  new Response(redirects((await readSiteData()).renamed), {
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  })
