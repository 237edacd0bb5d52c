import { join } from 'node:path'
import type { Profile } from '../core/profile/types.ts'
import { forPlatform, startedUnit } from '../core/profile/values.ts'
import type { Catalogue } from '../core/profile/values.ts'
import { projectRoot } from '../registry.ts'
import type { Entry } from '../registry.ts'
import { LabError } from './lab-error.ts'
import type { MachineSpec } from './machine.ts'
import type { Platform } from './platforms.ts'

/** A service on a platform: what an experiment is made with. */
export interface Subject {
  id: string
  profile: Profile
  platform: Platform
  catalogue: Catalogue
  /** The text of probe.bats. */
  probe: string
  /** The unit that is started, its instance included. */
  unit: string
  /** Where a reader would put drop-ins. */
  dropIns: string
  /** The packages that are measured; the probe's own are not among them. */
  packages: string[]
  machine: MachineSpec
}

/** What the lab needs to know of a profile on one platform. */
export function subjectOf(
  { id, profile, probe }: Entry,
  platform: Platform,
  catalogue: Catalogue,
  root = projectRoot,
): Subject {
  const template = forPlatform(profile.unit, platform.id)
  const unit = startedUnit(profile, platform.id)
  if (unit === undefined || template === undefined) {
    throw new LabError(`${id} names no unit for ${platform.id}; add it, or say why not under notOn`)
  }
  const packages = forPlatform(profile.packages, platform.id) ?? []
  const beside = forPlatform(profile.probePackages, platform.id) ?? []
  return {
    id,
    profile,
    platform,
    catalogue,
    probe,
    unit,
    dropIns: `/etc/systemd/system/${template}.d`,
    packages,
    machine: {
      platform,
      packages: [...new Set([...packages, ...beside])],
      probe: join(root, 'profiles', id),
      ...(profile.setup && { setup: profile.setup }),
    },
  }
}
