import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { digest } from '../digest.ts'
import { projectRoot } from '../registry.ts'
import type { Figure, Section } from './figure.ts'
import { secondsOf, syntheticSite } from './synthetic-site.ts'

const sizes = [100, 1000, 5000]
/** How many times longer than bare pages a site of so many profiles may take. */
const barred = { size: 1000, times: 3 }

/** Seconds of the processor to build the site of made-up profiles, beside Astro building as many bare pages. */
export const benchBuild: Section = async (progress) => {
  const figures: Figure[] = []
  const perProfile: number[] = []
  for (const size of sizes) {
    const name = `${size.toLocaleString('en')} profiles`
    progress(`building the site of ${name}`)
    const synthetic = syntheticSite(size)
    try {
      const { site, seconds } = await synthetic.build()
      const pages = filesOf(site).filter((path) => path.endsWith('.html')).length
      progress(`building ${pages.toLocaleString('en')} bare pages`)
      const bare = await secondsOfBare(pages)
      const what = `build ${name}, ${pages.toLocaleString('en')} pages`
      figures.push({
        what,
        value: seconds,
        unit: 's',
        peers: [{ name: 'bare Astro', value: bare }],
      })
      if (size === barred.size) {
        const value = seconds / bare
        figures.push({
          what: `${what}, against bare pages`,
          value,
          unit: 'times',
          bar: barred.times,
        })
      }
      perProfile.push(seconds / size)
      if (size === sizes[0]) {
        progress(`building the site of ${name} again`)
        figures.push(sameBytes(site, (await synthetic.build()).site))
      }
    } finally {
      synthetic.remove()
    }
  }
  figures.push({
    what: `time per profile, ${sizes.at(-1)!.toLocaleString('en')} against ${barred.size.toLocaleString('en')}`,
    value: perProfile.at(-1)! / perProfile[sizes.indexOf(barred.size)]!,
    unit: 'times',
  })
  return figures
}

/** Inside the project, from where Astro is found. */
async function secondsOfBare(pages: number): Promise<number> {
  mkdirSync(join(projectRoot, '.cache'), { recursive: true })
  const root = mkdtempSync(join(projectRoot, '.cache/bare-'))
  try {
    return await secondsOf([join(projectRoot, 'scripts/bench/build-bare.ts'), root, String(pages)])
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function sameBytes(one: string, other: string): Figure {
  const [left, right] = [one, other].map(digestsOf) as [Map<string, string>, Map<string, string>]
  const paths = [...new Set([...left.keys(), ...right.keys()])]
  const differing = paths.filter((path) => left.get(path) !== right.get(path))
  return {
    what: `files that differ when built twice, of ${paths.length.toLocaleString('en')}`,
    value: differing.length,
    unit: differing.length === 1 ? 'file' : 'files',
    bar: 0,
  }
}

function digestsOf(site: string): Map<string, string> {
  return new Map(
    filesOf(site).map((path) => [path, digest(readFileSync(join(site, path), 'latin1'))]),
  )
}

function filesOf(site: string): string[] {
  return readdirSync(site, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(site.length))
}
