import type { APIRoute, GetStaticPaths } from 'astro'

const schemas = import.meta.glob<string>('../../../../schema/*.schema.json', {
  query: '?raw',
  import: 'default',
  eager: true,
})

export const getStaticPaths = (() =>
  Object.entries(schemas).map(([path, text]) => ({
    params: { file: path.slice(path.lastIndexOf('/') + 1, -'.json'.length) },
    props: { text },
  }))) satisfies GetStaticPaths

export const GET: APIRoute<{ text: string }> = ({ props }) =>
  new Response(props.text, { headers: { 'content-type': 'application/schema+json' } })
