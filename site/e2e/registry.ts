import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { projectRoot, readRegistry } from '../../scripts/registry.ts'
import type { Entry } from '../../scripts/registry.ts'
import { dropInsOf } from '../src/published/files.ts'

/** What the tests expect is taken from here, so that a new profile is tested without a new line. */
export const registry = readRegistry()
export const { entries, directives } = registry

export const hardened = entries.filter(({ profile }) => profile.directives)
export const skipped = entries.filter(({ profile }) => profile.advice === 'skip')

/** The profile that the browser tests look at closely: the one with the most to show. */
export const richest = hardened.toSorted((a, b) => weight(b) - weight(a))[0]!

function weight({ profile }: Entry): number {
  return (
    Object.keys(profile.options ?? {}).length * 100 + Object.keys(profile.directives ?? {}).length
  )
}

export function dropIn(entry: Entry): string {
  return dropInsOf(entry, directives)[0]!.text
}

export const dist = join(projectRoot, 'site', 'dist')

/** Every file of the built site, as paths from its root. */
export function builtFiles(): string[] {
  return readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(dist.length))
    .toSorted()
}

export function built(path: string): string {
  return readFileSync(join(dist, path), 'utf8')
}

/** Bytes on the way to a reader. */
export function weigh(path: string): number {
  return gzipSync(readFileSync(join(dist, path)), { level: 9 }).length
}
