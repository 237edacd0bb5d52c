import type { APIRoute, GetStaticPaths } from 'astro'
import { contentType } from '../../../../scripts/serve/types.ts'
import { filesOf } from '../../published/files.ts'
import { movedFiles } from '../../published/moved.ts'
import { readSiteData } from '../../registry.ts'

export const getStaticPaths = (async () => {
  const data = await readSiteData()
  const files = data.entries.flatMap((entry) =>
    filesOf(entry, data).map((file) => ({ id: entry.id, ...file })),
  )
  return [...files, ...movedFiles(data)].map(({ id, path, text }) => ({
    params: { service: id, file: path },
    props: { text },
  }))
}) satisfies GetStaticPaths

export const GET: APIRoute<{ text: string }> = ({ params, props }) =>
  new Response(props.text, { headers: { 'content-type': contentType(params.file ?? '') } })
