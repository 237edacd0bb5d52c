import type { APIRoute } from 'astro'
import { script } from '../script.ts'

export const GET: APIRoute = () =>
  new Response(script, { headers: { 'content-type': 'text/plain; charset=utf-8' } })
