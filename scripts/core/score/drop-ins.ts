import { dropInDirectories, readUnitName, type UnitName } from './unit-name.ts'

export interface UnitFile {
  path: string
  text: string
}

/** Directories of units, the strongest first; a path under none of them belongs to the first. */
const roots = ['/etc/', '/run/', '/usr/lib/', '/lib/']

/** The drop-ins that systemd would read, in its order. One that stands in no `.d` directory counts as the unit's own. */
export function orderDropIns(name: UnitName, files: UnitFile[]): UnitFile[] {
  if (files.length === 0) return files
  const directories = dropInDirectories(name)
  const common = directories.length - 1
  const candidates = files.flatMap((file) => {
    const [directory, base] = place(file.path, directories[0]!)
    const rank = directories.indexOf(directory)
    if (rank < 0 || base === undefined) return []
    const root = Math.max(
      0,
      roots.findIndex((prefix) => file.path.startsWith(prefix)),
    )
    // The type's own directory comes after all others, whatever the root.
    const strength = rank === common ? 1e6 + root : root * 1e3 + rank
    return [{ file, base, strength }]
  })
  const strongest = new Map<string, (typeof candidates)[number]>()
  for (const candidate of candidates) {
    const other = strongest.get(candidate.base)
    if (!other || candidate.strength < other.strength) strongest.set(candidate.base, candidate)
  }
  return [...strongest.values()]
    .sort((left, right) => compareBytes(left.base, right.base))
    .map(({ file }) => file)
}

/** Paths that systemd would not read: another unit's, no `.conf`, or behind one of the same name. */
export function unusedDropIns(name: string, dropIns: [string, string][]): string[] {
  const files = dropIns.map(([path, text]) => ({ path, text }))
  const used = new Set(orderDropIns(readUnitName(name), files))
  return files.filter((file) => !used.has(file)).map(({ path }) => path)
}

function place(path: string, own: string): [string, string | undefined] {
  const parts = path.split('/')
  const base = parts.pop()!
  const directory = parts.pop()
  if (!directory?.endsWith('.d')) return [own, base]
  return [directory, base.endsWith('.conf') && !base.startsWith('.') ? base : undefined]
}

/** By UTF-8 bytes, which differs from JavaScript's order beyond U+FFFF. */
function compareBytes(left: string, right: string): number {
  const a = [...left]
  const b = [...right]
  for (let at = 0; at < a.length && at < b.length; at++) {
    const difference = a[at]!.codePointAt(0)! - b[at]!.codePointAt(0)!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
