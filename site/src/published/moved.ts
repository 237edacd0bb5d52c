import { origin } from '../../../scripts/core/site.ts'
import type { Registry } from '../../../scripts/registry.ts'
import { filesOf } from './files.ts'
import { escapeXml } from './xml.ts'

export interface MovedFile {
  /** The id that was given up. */
  id: string
  path: string
  text: string
}

type Data = Pick<Registry, 'entries' | 'directives' | 'platforms' | 'changes' | 'renamed'>

/**
 * What old addresses answer with: the new profile's own files, so that a curl without --location goes on to work on any
 * host, and a page that leads on.
 */
export function movedFiles(data: Data): MovedFile[] {
  return Object.entries(data.renamed).flatMap(([id, to]) => {
    const entry = data.entries.find((candidate) => candidate.id === to)
    if (!entry) return []
    const page = { path: 'index.html', text: movedPage(entry.id, entry.profile.name) }
    return [page, ...filesOf(entry, data)].map((file) => ({ id, ...file }))
  })
}

/** The form that static hosts share. Pages only: the files are there. */
export function redirects(renamed: Registry['renamed']): string {
  const lines = Object.entries(renamed).map(([old, now]) => `/${old}/ /${now}/ 301\n`)
  return `# Read by Cloudflare Pages and Netlify, and by scripts/serve.ts. Made from profiles/renamed.yaml.\n${lines.join('')}`
}

function movedPage(id: string, name: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'">
<meta http-equiv="refresh" content="0; url=/${id}/">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeXml(name)} has another address · Fenced</title>
<link rel="canonical" href="${origin}/${id}/">
</head>
<body><main><h1>This profile has another address</h1><p><a href="/${id}/">${escapeXml(name)}</a></p></main></body>
</html>
`
}
