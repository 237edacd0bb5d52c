import { createHash } from 'node:crypto'
import type { Registry } from '../../../scripts/registry.ts'
import { rolePath } from '../install/ansible.ts'
import { deb } from '../packing/deb.ts'
import { gzip } from '../packing/gzip.ts'
import { tar } from '../packing/tar.ts'
import type { ArchiveFile } from '../packing/tar.ts'
import { imageFiles, newestDay, packageControl, packageVersion } from './package.ts'
import { roleFiles } from './role.ts'

export interface Archive {
  /** From the root, without a slash before it. */
  path: string
  bytes: Uint8Array<ArrayBuffer>
}

/** Everything at once, for those who harden many machines. The same registry gives the same bytes. */
export function archivesOf(
  code: ArchiveFile[],
  data: Pick<Registry, 'entries' | 'directives'>,
): Archive[] {
  const files = imageFiles(data)
  const day = newestDay(data)
  const time = Date.parse(day) / 1000
  const control = packageControl(files, packageVersion(day, files))
  return [
    { path: rolePath.slice(1), bytes: gzip(tar(roleFiles(code, data), { time })) },
    { path: 'fenced.tar.gz', bytes: gzip(tar(files, { time })) },
    { path: 'fenced.deb', bytes: deb({ control, data: files, time }) },
  ]
}

/** A line that `sha256sum -c` reads; the name is the archive's own, or the path that is given. */
export function archiveSum({ path, bytes }: Archive, name = path.split('/').at(-1)!): string {
  return `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`
}
