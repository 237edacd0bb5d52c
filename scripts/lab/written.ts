/** Prints the directories whose files or entries are newer than the trial. */
export const writtenSince = `find / /run -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /var/tmp \\
  -o -path /run/systemd -o -path /run/fenced -o -path /run/udev -o -path /run/log -o -path /run/dbus -o -path /var/log/journal \\
  -o -path /etc/systemd -o -path /root -o -path /home -o -path /probe \\) -prune -o -newer /run/fenced/logs \\
  \\( -type d -printf '%p\\n' -o -printf '%h\\n' \\) 2>/dev/null | sort -u`

/**
 * As candidates for ReadWritePaths: no deeper than /var/lib/NAME, the broadest first, so that the search drops those
 * where a narrower one will do.
 */
export function toCandidates(paths: string[]): string[] {
  const cut = paths.map((path) => path.split('/').slice(0, 4).join('/'))
  const depth = (path: string) => path.split('/').length
  const real = [...new Set(cut)].filter((path) => path !== '/' && path !== '')
  return real.toSorted((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
}
