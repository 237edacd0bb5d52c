import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exec } from '../lab/exec.ts'

/** Fetches a package that is no dependency of ours and takes it away again; undefined where it cannot be had. */
export async function withBorrowed<T>(
  name: string,
  use: (programs: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  const place = mkdtempSync(join(tmpdir(), 'fenced-bench-'))
  try {
    const npm = ['npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefix', place]
    const { code } = await exec([...npm, name])
    return code === 0 ? await use(join(place, 'node_modules/.bin')) : undefined
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
