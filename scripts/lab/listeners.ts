/** A place where a service waits to be asked. */
export type Listener =
  | { kind: 'tcp' | 'udp'; address: string; port: number }
  | { kind: 'stream' | 'other'; path: string }

/** From here on a port is one that the kernel gave, and another the next time. */
const firstPassing = 32768

/** The sockets of these processes, from lines of `ss -Hlntup` and `ss -Hlxp`; each once, in their order. */
export function parseListeners(lines: string[], pids: number[]): Listener[] {
  const found = lines.flatMap((line): Listener[] => {
    const owners = [...line.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid))
    if (!owners.some((pid) => pids.includes(pid))) return []
    const [kind = '', , , , local = ''] = line.split(/\s+/)
    if (kind === 'tcp' || kind === 'udp') {
      const at = local.lastIndexOf(':')
      const port = Number(local.slice(at + 1))
      const address = local
        .slice(0, at)
        .replace(/%.*$/, '')
        .replace(/^\[|\]$/g, '')
      return port > 0 && port < firstPassing ? [{ kind, address, port }] : []
    }
    if (!local.startsWith('/')) return []
    return [{ kind: kind === 'u_str' ? 'stream' : 'other', path: local }]
  })
  const seen = new Set<string>()
  return found.filter((listener) => {
    const key = JSON.stringify(listener)
    return !seen.has(key) && seen.add(key)
  })
}
