import type { Context, Names } from './core/rules/rule.ts'
import { loadAllTables, scoreSettings, systemdVersions } from './core/score/index.ts'
import {
  addressFamilies,
  architectures,
  capabilities,
  namespaceTypes,
  syscallGroupsOf,
  syscallsOf,
} from './core/score/names.ts'

await loadAllTables()
const newest = systemdVersions.at(-1) ?? ''

/** What the newest supported systemd knows by name. */
export const names: Names = {
  capabilities,
  addressFamilies,
  namespaceTypes,
  architectures,
  syscalls: syscallsOf(newest),
  syscallGroups: Object.keys(syscallGroupsOf(newest)),
}

/** The live exposure that a vendor's settings and drop-ins come to. */
export const score: Context['score'] = (vendor, dropIns, systemd, unit) => {
  const { exposure, level } = scoreSettings(vendor, systemd, { dropIns, name: unit })
  return { exposure, level }
}
