import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { exec } from './exec.ts'
import type { Platform } from './platforms.ts'

/** Where this host itself gets the distribution's packages from; undefined where it is of another distribution. */
export function hostMirror({ distribution }: Platform, etc = '/etc'): string | undefined {
  const release = readIfThere(join(etc, 'os-release'))
  const field = (key: string) => new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(release)?.[1]
  if (field('ID') !== distribution) return undefined
  const directory = join(etc, 'apt/sources.list.d')
  const names = existsSync(directory) ? readdirSync(directory).toSorted() : []
  const files = [join(etc, 'apt/sources.list'), ...names.map((name) => join(directory, name))]
  const sources = files.flatMap((path) =>
    path.endsWith('.list')
      ? parseList(readIfThere(path))
      : path.endsWith('.sources')
        ? parseDeb822(readIfThere(path))
        : [],
  )
  const own = field('VERSION_CODENAME')
  return sources.find(({ suites }) =>
    suites.some((suite) => suite === own || suite === 'sid' || suite === 'unstable'),
  )?.uri
}

interface Source {
  uri: string
  suites: string[]
}

/** One-line form: `deb [options] URI SUITE COMPONENT...`. */
export function parseList(text: string): Source[] {
  return [...text.matchAll(/^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/gm)].map(
    ([, uri = '', suite = '']) => ({
      uri,
      suites: [suite],
    }),
  )
}

/** The paragraphs of sources.list(5)'s deb822 form. */
export function parseDeb822(text: string): Source[] {
  const paragraphs = text.replaceAll(/^#.*\n?/gm, '').split(/\n\s*\n/)
  return paragraphs.flatMap((paragraph) => {
    const field = (key: string) =>
      new RegExp(`^${key}:\\s*(.*)`, 'im').exec(paragraph)?.[1]?.split(/\s+/) ?? []
    const uri = field('URIs')[0]
    const isOff = field('Enabled')[0] === 'no'
    return uri && !isOff && field('Types').includes('deb') ? [{ uri, suites: field('Suites') }] : []
  })
}

/** How this host reaches its mirror and how much it trusts old copies, as options for another apt. */
export async function hostAptOptions(): Promise<string[]> {
  const { stdout } = await exec(['apt-config', 'dump', 'Acquire'])
  const wanted =
    /^(Acquire::(?:https?::Proxy(?:::\S+)?|Check-Valid-Until|Check-Date|Retries)) "([^"]+)";$/gm
  return [...stdout.matchAll(wanted)].map(([, key, value]) => `${key} "${value}"`)
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
