import type { APIRoute, GetStaticPaths } from 'astro'
import { contentType } from '../../../scripts/serve/types.ts'
import { readArchives } from '../archives.ts'
import { archiveSum } from '../published/archives.ts'

export const getStaticPaths = (async () =>
  (await readArchives()).flatMap((archive) => [
    { params: { archive: archive.path }, props: { body: archive.bytes } },
    { params: { archive: `${archive.path}.sha256` }, props: { body: archiveSum(archive) } },
  ])) satisfies GetStaticPaths

export const GET: APIRoute<{ body: BodyInit }> = ({ params, props }) =>
  new Response(props.body, { headers: { 'content-type': contentType(params.archive ?? '') } })
