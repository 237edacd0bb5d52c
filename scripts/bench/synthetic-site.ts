import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exec } from '../lab/exec.ts'
import { projectRoot } from '../registry.ts'
import { syntheticRoot } from '../../site/e2e/synthetic.ts'

export interface Built {
  site: string
  /** Of the processor: what other programs do meanwhile does not count. */
  seconds: number
}

/** Made-up profiles, and the sites built from them; all of it goes with `remove`. */
export interface SyntheticSite {
  /** Builds the site, or the named pages of it alone, each time anew. */
  build(...pages: string[]): Promise<Built>
  remove(): void
}

export function syntheticSite(count: number): SyntheticSite {
  const root = syntheticRoot(count)
  const directories = [root]
  return {
    async build(...pages) {
      const place = mkdtempSync(join(tmpdir(), 'fenced-bench-'))
      directories.push(place)
      const site = join(place, 'dist')
      const script = join(projectRoot, 'site', 'e2e', 'build-synthetic.ts')
      const env = { ...(process.env as Record<string, string>), FENCED_ROOT: root }
      return { site, seconds: await secondsOf([script, site, ...pages], env) }
    },
    remove: () => directories.forEach((path) => rmSync(path, { recursive: true, force: true })),
  }
}

/** Runs a script of ours that builds something and writes to standard output how many seconds it computed. */
export async function secondsOf(argv: string[], env?: Record<string, string>): Promise<number> {
  const { code, stdout, stderr } = await exec([process.execPath, ...argv], { ...(env && { env }) })
  const seconds = Number(stdout.trim().split('\n').at(-1))
  if (code !== 0 || !Number.isFinite(seconds)) {
    throw new Error(`${argv.join(' ')} gave ${code}: ${stderr.slice(-2000)}`)
  }
  return seconds
}
