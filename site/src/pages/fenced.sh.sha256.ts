import type { APIRoute } from 'astro'
import { checksumLine } from '../published/checksum.ts'
import { script } from '../script.ts'

export const GET: APIRoute = () =>
  new Response(checksumLine(script, 'fenced.sh'), {
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  })
