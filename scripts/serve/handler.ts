import { readFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { join, normalize } from 'node:path'
import { gzipSync } from 'node:zlib'
import { digest } from '../digest.ts'
import { headersFor, parseHeaders } from './headers.ts'
import type { HeaderRule } from './headers.ts'
import { parseRedirects } from './redirects.ts'
import { contentType } from './types.ts'

/** Serves a built site as a static host would: its `_headers`, its 404 page, a redirect to the slash. */
export function siteHandler(directory: string): RequestListener {
  const rules = parseHeaders(readFileSync(join(directory, '_headers'), 'utf8'))
  const redirects = parseRedirects(readFileSync(join(directory, '_redirects'), 'utf8'))
  return (request, response) => {
    answer({ directory, rules, redirects }, request, response).catch((error: Error) => {
      process.stderr.write(`${request.url}: ${error.message}\n`)
      response.writeHead(500).end()
    })
  }
}

interface Site {
  directory: string
  rules: HeaderRule[]
  redirects: Map<string, string>
}

async function answer(
  { directory, rules, redirects }: Site,
  request: IncomingMessage,
  response: ServerResponse,
) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end()
    return
  }
  const { path, query } = parts(request.url ?? '/')
  const moved = redirects.get(path ?? '')
  if (moved) {
    response.writeHead(301, { location: `${moved}${query}` }).end()
    return
  }
  const found = path === undefined ? undefined : await find(directory, path)
  if (found === 'directory') {
    response.writeHead(301, { location: `${path}/${query}` }).end()
    return
  }
  const file = found ?? join(directory, '404.html')
  const body = await readFile(file)
  const tag = `"${digest(body.toString('latin1')).slice(-32)}"`
  const headers: Record<string, string> = {
    'Content-Type': contentType(file),
    ETag: tag,
    Vary: 'Accept-Encoding',
    ...headersFor(path ?? '/', rules),
    // What is not there is a page, whatever the address would have been.
    ...(!found && { 'Content-Type': contentType(file) }),
  }
  if (found && request.headers['if-none-match'] === tag) {
    response.writeHead(304, headers).end()
    return
  }
  const zipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '') && !isPicture(file)
  const sent = zipped ? gzipSync(body) : body
  response.writeHead(found ? 200 : 404, {
    ...headers,
    ...(zipped && { 'Content-Encoding': 'gzip' }),
    'Content-Length': String(sent.length),
  })
  response.end(request.method === 'HEAD' ? undefined : sent)
}

/** The path as a name inside the site, and what follows it; no path where the request makes none. */
function parts(url: string): { path: string | undefined; query: string } {
  const [raw = '/', query] = url.split('?', 2)
  let path: string | undefined
  try {
    path = normalize(decodeURIComponent(raw))
  } catch {
    // A broken escape names nothing.
  }
  const isInside = path?.startsWith('/') && !path.startsWith('//') && !path.includes('\0')
  return { path: isInside ? path : undefined, query: query === undefined ? '' : `?${query}` }
}

/** The file of an address; `directory` where only the slash at the end is missing. */
async function find(root: string, path: string): Promise<string | undefined> {
  const file = join(root, path.endsWith('/') ? `${path}index.html` : path)
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() && !path.startsWith('/_')) return file
  const index =
    found?.isDirectory() && (await stat(join(file, 'index.html')).catch(() => undefined))
  return index ? 'directory' : undefined
}

function isPicture(file: string): boolean {
  return file.endsWith('.png')
}
