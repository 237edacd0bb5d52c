import type { Profile } from '../profile/types.ts'

/** What a measurement's `probe` is the digest of: the checks, and the commands before them. */
export function probeText({ setup = [] }: Profile, probe: string): string {
  return [...setup.map((command) => `${command}\n`), probe].join('')
}
