import type { APIRoute, GetStaticPaths } from 'astro'
import { cardOf } from '../../card/card-of.ts'
import { drawCard } from '../../card/card.ts'
import { readSiteData } from '../../registry.ts'
import type { Entry } from '../../registry.ts'

export const getStaticPaths = (async () => {
  const { entries } = await readSiteData()
  return entries.map((entry) => ({ params: { service: entry.id }, props: { entry } }))
}) satisfies GetStaticPaths

export const GET: APIRoute<{ entry: Entry }> = async ({ props }) => {
  const { platforms } = await readSiteData()
  return new Response(drawCard(cardOf(props.entry, platforms)), {
    headers: { 'content-type': 'image/png' },
  })
}
