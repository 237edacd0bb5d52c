const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.xml': 'application/xml; charset=utf-8',
  '.png': 'image/png',
  '.gz': 'application/gzip',
  '.deb': 'application/vnd.debian.binary-package',
}

/** By the ending; what is to be read or saved as it is (.conf, .yaml, .nix, .sha256, SHA256SUMS) is plain text. */
export function contentType(path: string): string {
  if (path.endsWith('feed.xml')) return 'application/atom+xml; charset=utf-8'
  const ending = /\.[a-z0-9]+$/.exec(path)?.[0] ?? ''
  return types[ending] ?? 'text/plain; charset=utf-8'
}
