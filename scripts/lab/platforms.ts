import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import type { Platform as Named } from '../core/rules/rule.ts'
import { nearest } from '../core/yaml/nearest.ts'
import { UsageError } from '../usage.ts'
import { LabError } from './lab-error.ts'

/** A distribution release with what mmdebstrap needs to build it. */
export interface Platform extends Named {
  distribution: string
  suite: string
  /** A suite to take packages from where it has them. */
  backports?: string
  components: string[]
  /** File name under /usr/share/keyrings that its archive is signed with. */
  keyring: string
}

const readSchema = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../schema/${name}`, import.meta.url)), 'utf8')

/** Every platform in the file's order; the first runs every experiment. */
export function readPlatforms(text = readSchema('platforms.yaml')): Platform[] {
  const found = parse(text) as unknown
  if (!isMap(found) || Object.keys(found).length === 0) {
    throw new LabError('schema/platforms.yaml names no platform; write one as in its first lines')
  }
  return Object.entries(found).map(([id, entry]) => checked(id, entry))
}

/** The platforms and those that only the scorer is held against. */
export function readScorePlatforms(): Platform[] {
  return [...readPlatforms(), ...readPlatforms(readSchema('systemd/platforms.yaml'))]
}

/** The platform of that id; one near to it is suggested otherwise. */
export function findPlatform(id: string, platforms = readPlatforms()): Platform {
  const found = platforms.find((platform) => platform.id === id)
  if (found) return found
  const ids = platforms.map((platform) => platform.id)
  const meant = nearest(id, ids)
  throw new UsageError(
    `there is no platform ${id}; ${meant ? `did you mean ${meant}?` : `known: ${ids.join(', ')}`}`,
  )
}

function checked(id: string, entry: unknown): Platform {
  const complain = (what: string): never => {
    throw new LabError(`schema/platforms.yaml: ${id}: ${what}`)
  }
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) complain('write the id in lower case with hyphens')
  if (!isMap(entry)) return complain('write its keys below it')
  const text = (key: string, form: RegExp, example: string): string => {
    const value = entry[key]
    if (typeof value === 'string' && form.test(value)) return value
    return complain(`${key} is ${JSON.stringify(value) ?? 'missing'}; write it like ${example}`)
  }
  const suite = (key: string) => text(key, /^[a-z][a-z-]*$/, 'trixie')
  const components = entry['components']
  const isWord = (item: unknown): item is string =>
    typeof item === 'string' && /^[\w./-]+$/.test(item)
  if (!Array.isArray(components) || components.length === 0 || !components.every(isWord)) {
    return complain('components is no list of names; write it like [main]')
  }
  return {
    id,
    label: text('label', /^[^\p{Cc}]+$/u, 'Debian 13 (trixie)'),
    systemd: text('systemd', /^\d{3}$/, '"257"'),
    distribution: text('distribution', /^[a-z]+$/, 'debian'),
    suite: suite('suite'),
    ...('backports' in entry && { backports: suite('backports') }),
    components,
    keyring: text('keyring', /^[\w.-]+$/, 'debian-archive-keyring.gpg'),
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
