import { origin } from '../../../scripts/core/site.ts'
import { unitsOf } from '../../../scripts/core/profile/values.ts'
import type { Entry, Registry } from '../../../scripts/registry.ts'
import type { ArchiveFile } from '../packing/tar.ts'
import { sha256 } from './checksum.ts'
import { dropInsOf } from './files.ts'

type Data = Pick<Registry, 'entries' | 'directives'>

/** The Ansible role: what it does, as it is kept in ansible/, and of each service its drop-ins and their checksums. */
export function roleFiles(code: ArchiveFile[], { entries, directives }: Data): ArchiveFile[] {
  const services = entries.flatMap((entry): ArchiveFile[] => {
    const dropIns = dropInsOf(entry, directives)
    if (dropIns.length === 0) return []
    return [
      { path: `vars/services/${entry.id}.yml`, text: variables(entry, dropIns) },
      ...dropIns.map(({ path, text }) => ({ path: `files/${entry.id}/${path}`, text })),
    ]
  })
  return [...code, ...services].map((file) => ({ ...file, path: `fenced/${file.path}` }))
}

function variables({ id, profile }: Entry, dropIns: ArchiveFile[]): string {
  return `# ${origin}/${id}/
fenced_profile:
  units:
${unitsOf(profile)
  .map((unit) => `    - ${unit}\n`)
  .join('')}  sha256:
${dropIns.map(({ path, text }) => `    ${path}: ${sha256(text)}\n`).join('')}`
}
