import type { Stage } from '../../../scripts/core/profile/types.ts'

export const stageNames: Record<Stage, string> = {
  filesystem: 'Filesystem',
  privilege: 'Privilege',
  kernel: 'Kernel',
  network: 'Network',
  syscalls: 'System calls',
  extras: 'Extras',
}
