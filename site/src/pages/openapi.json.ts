import type { APIRoute } from 'astro'
import { stages } from '../../../scripts/core/profile/types.ts'
import { openApi } from '../published/openapi.ts'
import { readSiteData } from '../registry.ts'

export const GET: APIRoute = async () => {
  const services = (await readSiteData()).entries.map(({ id }) => id)
  return new Response(`${JSON.stringify(openApi({ services, stages }), null, 2)}\n`, {
    headers: { 'content-type': 'application/json; charset=utf-8' },
  })
}
