import type { Attack, Profile } from '../profile/types.ts'
import type { Measured, Score } from '../measured/types.ts'
import type { Catalogue } from '../profile/values.ts'
import type { Path, Place } from '../yaml/document.ts'

/** What a rule finds: the place, what is wrong, and what to do about it. */
export interface Finding extends Place {
  message: string
  fix: string
  /** Where it is not in profile.yaml: measured.yaml beside it. */
  file?: 'measured.yaml'
}

export interface Platform {
  id: string
  label: string
  systemd: string
}

/** Closed lists of names, of the newest systemd that the project supports. */
export interface Names {
  capabilities: string[]
  addressFamilies: string[]
  namespaceTypes: string[]
  architectures: string[]
  syscalls: string[]
  syscallGroups: string[]
}

/** What rules may look at: one profile, everything that it refers to, and where each part stands. */
export interface Context {
  id: string
  profile: Profile
  keyAt(path: Path): Place
  valueAt(path: Path): Place
  catalogue: Catalogue
  attacks: Record<string, Attack>
  platforms: Platform[]
  names: Names
  probe: string
  measured?: Measured
  /** Where a part of measured.yaml stands. */
  measuredAt(path: Path): Place
  digest(text: string): string
  /** The live exposure that a vendor's settings and drop-ins come to. */
  score(vendor: string[], dropIns: string[], systemd: string, unit: string): Score
}

export interface Rule {
  name: string
  check(context: Context): Finding[]
}
