import { origin } from '../../../scripts/core/site.ts'
import { sha256 } from '../published/checksum.ts'
import type { PublishedFile } from '../published/files.ts'
import type { InstallFile } from './commands.ts'

/** A published file as the commands want it; whatever stage it is, it is installed as hardening.conf. */
export function installable(id: string, { path, text }: PublishedFile): InstallFile {
  const name = path.startsWith('stages/') ? 'hardening.conf' : path
  return { name, url: `${origin}/${id}/${path}`, sha256: sha256(text), text }
}
