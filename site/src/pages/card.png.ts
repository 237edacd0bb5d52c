import type { APIRoute } from 'astro'
import { drawCard } from '../card/card.ts'

const lines = ['systemd hardening drop-ins,', 'each line proven by experiment.']

export const GET: APIRoute = () =>
  new Response(drawCard({ title: 'Drop-ins that were tried', lines }), {
    headers: { 'content-type': 'image/png' },
  })
