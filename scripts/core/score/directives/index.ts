import { addressReaders } from './addresses.ts'
import { capabilityReaders } from './capabilities.ts'
import { pathReaders } from './paths.ts'
import type { Reader } from './reader.ts'
import { restrictionReaders } from './restrictions.ts'
import { serviceReaders, successAction } from './service.ts'
import { defaultDependencies, switchReaders } from './switches.ts'
import { syscallReaders } from './syscalls.ts'
import { userReaders } from './users.ts'

/** Every setting that the score, or systemd's refusal of a unit, depends on; by section and name. */
export const readers: Record<string, Map<string, Reader>> = {
  Unit: new Map([
    ['DefaultDependencies', defaultDependencies],
    ['SuccessAction', successAction],
  ]),
  Service: new Map(
    Object.entries({
      ...switchReaders,
      ...userReaders,
      ...capabilityReaders,
      ...restrictionReaders,
      ...syscallReaders,
      ...addressReaders,
      ...pathReaders,
      ...serviceReaders,
    }),
  ),
}
