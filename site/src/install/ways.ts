import { ansible } from './ansible.ts'
import { cloudInit } from './cloud-init.ts'
import { editByHand, installForGood, installUntilReboot } from './commands.ts'
import type { Plan } from './commands.ts'
import { fencedSh } from './fenced-sh.ts'
import { nixos } from './nixos.ts'

/** One way to install what is shown: the text of its tab, and of what is copied. */
export interface Way {
  id: string
  title: string
  note: string
  text: (plan: Plan) => string
  /** What of the default drop-in is published under this name. */
  file?: string
}

export const ways: Way[] = [
  {
    id: 'edit',
    title: 'systemctl edit',
    note: 'Copy the text above, paste it into the editor that opens, save, and restart.',
    text: editByHand,
  },
  {
    id: 'fenced-sh',
    title: 'fenced.sh',
    note: 'One file of shell to read first. It tries the drop-in, takes it back by itself if the service does not hold, and keeps it if it does; add --check with a command that has to succeed.',
    text: fencedSh,
  },
  {
    id: 'curl',
    title: 'curl with checksum',
    note: 'The checksum is that of the text above: anything else is refused before it is installed.',
    text: installForGood,
  },
  {
    id: 'try',
    title: 'Until reboot',
    note: 'The same under /run, which a reboot empties: a way back even if you lock yourself out.',
    text: installUntilReboot,
  },
  {
    id: 'ansible',
    title: 'Ansible',
    note: 'The role carries the drop-ins, refuses others than these, and puts back a service that does not hold.',
    text: ansible,
    file: 'ansible.yaml',
  },
  {
    id: 'nixos',
    title: 'NixOS',
    note: 'A module to import. Nothing was measured on NixOS, and its paths, users and unit names differ: read its first lines.',
    text: nixos,
    file: 'nixos.nix',
  },
  {
    id: 'cloud-init',
    title: 'cloud-init',
    note: 'User data for a new machine, with the text itself in it. A service that does not hold is put back.',
    text: (plan) => cloudInit(plan),
    file: 'cloud-init.yaml',
  },
]
