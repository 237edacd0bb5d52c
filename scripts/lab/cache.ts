import { mkdirSync, renameSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
  renameSync(partial, path)
}
