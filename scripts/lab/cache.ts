import { chownSync, mkdirSync, renameSync, statSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LabError } from './lab-error.ts'
import { owner } from './owner.ts'

/** Everything that the lab keeps between runs. FENCED_CACHE moves it to another disk. */
export const cache =
  process.env['FENCED_CACHE'] ?? fileURLToPath(new URL('../../.cache', import.meta.url))

/** A directory under the cache, made if need be. */
export function cacheDir(...parts: string[]): string {
  const path = join(cache, ...parts)
  mkdirSync(path, { recursive: true })
  return path
}

/** Says so before something large is written and the disk would be full half-way. */
export function needSpace(megabytes: number) {
  const { bavail, bsize } = statfsSync(cacheDir())
  const free = Math.floor((bavail * bsize) / 2 ** 20)
  if (free >= megabytes) return
  throw new LabError(
    `${cache} has ${free} MB free and this needs ${megabytes}; free some, or run npm run lab -- clean`,
  )
}

/** Writes a file so that nobody ever reads half of it. */
export function replaceFile(path: string, text: string) {
  const partial = `${path}.${owner}`
  writeFileSync(partial, text)
  handOver(partial, dirname(path))
  renameSync(partial, path)
}

/** Gives what root has made to whom the directory belongs: the lab is run with sudo in somebody's clone. */
export function handOver(path: string, directory = dirname(path)) {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(directory)
  chownSync(path, uid, gid)
}
