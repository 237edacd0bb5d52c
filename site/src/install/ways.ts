import { editByHand, installForGood, installUntilReboot } from './commands.ts'
import type { Plan } from './commands.ts'
import { ansible, cloudInit, nixos } from './recipes.ts'

/** One way to install what is shown: the text of its tab, and of what is copied. */
export interface Way {
  id: string
  title: string
  note: string
  text: (plan: Plan) => string
}

export const ways: Way[] = [
  {
    id: 'edit',
    title: 'systemctl edit',
    note: 'Copy the text above, paste it into the editor that opens, save, and restart.',
    text: editByHand,
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
    note: 'A playbook of its own; take its tasks and its handler into yours.',
    text: ansible,
  },
  {
    id: 'nixos',
    title: 'NixOS',
    note: 'For configuration.nix. Nothing was measured on NixOS, and paths in its store differ: try it first.',
    text: nixos,
  },
  {
    id: 'cloud-init',
    title: 'cloud-init',
    note: 'User data for a new machine, with the text itself in it.',
    text: cloudInit,
  },
]
