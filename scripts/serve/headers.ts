/** One block of a `_headers` file: where it applies, and what it sets. */
export interface HeaderRule {
  matches: (path: string) => boolean
  headers: [name: string, value: string][]
}

/** Reads the form that static hosts share: a path with `*` or `:name`, then indented `Name: value` lines. */
export function parseHeaders(text: string): HeaderRule[] {
  const rules: HeaderRule[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    if (!/^\s/.test(line)) rules.push({ matches: matcher(line.trim()), headers: [] })
    else {
      const colon = line.indexOf(':')
      const header = [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const
      rules.at(-1)?.headers.push([...header])
    }
  }
  return rules
}

/** The headers of one path; where rules meet, the later one wins. */
export function headersFor(path: string, rules: HeaderRule[]): Record<string, string> {
  const matching = rules.filter(({ matches }) => matches(path))
  return Object.fromEntries(matching.flatMap(({ headers }) => headers))
}

function matcher(pattern: string): (path: string) => boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
  const source = escaped.replaceAll('*', '.*').replace(/:[a-z]+/g, '[^/]+')
  const form = new RegExp(`^${source}$`)
  return (path) => form.test(path)
}
