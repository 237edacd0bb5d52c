import { unitsOf } from '../../../scripts/core/profile/values.ts'
import type { Entry } from '../../../scripts/registry.ts'
import { ansible } from '../install/ansible.ts'
import { cloudInit } from '../install/cloud-init.ts'
import { installable } from '../install/installable.ts'
import { nixos } from '../install/nixos.ts'
import type { PublishedFile } from './files.ts'

/** The default drop-in for the engines that people already have: what its page shows, as files. */
export function recipesOf({ id, profile }: Entry, [main]: PublishedFile[]): PublishedFile[] {
  if (!main) return []
  const units = unitsOf(profile)
  const plan = { unit: units.at(-1) ?? '', files: [installable(id, main)] }
  return [
    { path: 'ansible.yaml', text: `${ansible(plan)}\n` },
    { path: 'cloud-init.yaml', text: `${cloudInit(plan, units)}\n` },
    { path: 'nixos.nix', text: `${nixos(plan)}\n` },
  ]
}
