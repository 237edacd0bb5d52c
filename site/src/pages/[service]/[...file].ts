import type { APIRoute, GetStaticPaths } from 'astro'
import { contentType } from '../../../../scripts/serve/types.ts'
import { filesOf } from '../../published/files.ts'
import { readSiteData } from '../../registry.ts'

export const getStaticPaths = (async () => {
  const data = await readSiteData()
  return data.entries.flatMap((entry) =>
    filesOf(entry, data).map(({ path, text }) => ({
      params: { service: entry.id, file: path },
      props: { text },
    })),
  )
}) satisfies GetStaticPaths

export const GET: APIRoute<{ text: string }> = ({ params, props }) =>
  new Response(props.text, { headers: { 'content-type': contentType(params.file ?? '') } })
