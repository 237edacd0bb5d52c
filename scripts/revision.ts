import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exec } from './lab/exec.ts'
import { projectRoot } from './registry.ts'
import { UsageError } from './usage.ts'

/** Hands over a directory with the data of another revision of this repository, and removes it after. */
export async function withRevision<T>(
  name: string,
  use: (root: string) => T | Promise<T>,
  repository = projectRoot,
): Promise<T> {
  const git = (...args: string[]) => exec(['git', '-C', repository, ...args], { seconds: 60 })
  const found = await git(
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${name}^{commit}`,
  )
  if (found.code !== 0) {
    throw new UsageError(`there is no revision ${name} here; fetch it, or name one of git log`)
  }
  const root = mkdtempSync(join(tmpdir(), 'fenced-revision-'))
  try {
    const archive = join(root, 'revision.tar')
    const commit = found.stdout.trim()
    const made = await git(
      'archive',
      '--format=tar',
      `--output=${archive}`,
      commit,
      'profiles',
      'schema/directives.yaml',
    )
    if (made.code !== 0)
      throw new UsageError(`${name} has no profiles to compare with: ${made.stderr.trim()}`)
    const unpacked = await exec(['tar', '-xf', archive, '-C', root], { seconds: 60 })
    if (unpacked.code !== 0) throw new Error(`cannot unpack ${name}: ${unpacked.stderr.trim()}`)
    return await use(root)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
