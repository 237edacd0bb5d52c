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
  const { directives = {}, options = {} } = profile
  // Several directives in several stages come first: there is something to choose from.
  return Object.keys(directives).length * 2 + Object.keys(options).length
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

export function built(path: string, site = dist): string {
  return readFileSync(join(site, path), 'utf8')
}

/** Bytes on the way to a reader. */
function weigh(path: string, site: string): number {
  return gzipSync(readFileSync(join(site, path)), { level: 9 }).length
}

/** A page and everything it loads, as a reader gets it for the first time. */
export function transferred(page: string, site = dist): { all: number; script: number } {
  const parts = new Set(built(page, site).match(/\/assets\/[\w@.-]+\.(?:css|js)/g) ?? [])
  // A set goes on to what is added while it is walked.
  for (const path of parts) {
    for (const [, from, plain] of built(path, site).matchAll(
      /from\s*"\.\/([^"]+)"|import\s*"\.\/([^"]+)"/g,
    )) {
      if (path.endsWith('.js')) parts.add(`/assets/${from ?? plain}`)
    }
  }
  const sum = (paths: string[]) => paths.reduce((total, path) => total + weigh(path, site), 0)
  return {
    all: weigh(page, site) + sum([...parts]) + weigh('/favicon.svg', site),
    script: sum([...parts].filter((path) => path.endsWith('.js'))),
  }
}
