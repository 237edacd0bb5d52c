import { join } from 'node:path'
import { formatProblem } from '../core/problem.ts'
import type { Profile } from '../core/profile/types.ts'
import { forPlatform, startedUnit } from '../core/profile/values.ts'
import { knownId, projectRoot, readRegistry } from '../registry.ts'
import { UsageError } from '../usage.ts'
import type { Context, Flags } from './context.ts'
import { LabError } from './lab-error.ts'
import type { MachineSpec } from './machine.ts'
import { findPlatform, readPlatforms } from './platforms.ts'

/** The machine that a service's profile asks for, or that is asked for by naming packages. */
export function machineSpec(services: string[], flags: Flags, context: Context) {
  const [service, ...more] = services
  if (more.length > 0) throw new UsageError(`one service at a time, not also ${more.join(' ')}`)
  if (service === undefined && flags.packages === undefined) {
    throw new UsageError('which service? Or name packages: --packages "nginx curl"')
  }
  const platform = flags.platform === undefined ? readPlatforms()[0] : findPlatform(flags.platform)
  if (!platform) throw new UsageError('which platform?')
  const profile = service === undefined ? undefined : readProfile(service)
  const named = flags.packages?.split(/[\s,]+/).filter(Boolean) ?? []
  const packages = [profile?.packages, profile?.probePackages].flatMap(
    (list) => forPlatform(list, platform.id) ?? [],
  )
  const probe = service && join(projectRoot, 'profiles', service)
  const spec: MachineSpec = {
    platform,
    packages: [...new Set([...packages, ...named])],
    ...context,
    ...(probe && { probe }),
    ...(profile?.setup && { setup: profile.setup }),
  }
  return { spec, probe, unit: profile && startedUnit(profile, platform.id) }
}

function readProfile(service: string): Profile {
  knownId(service)
  const { entries, problems } = readRegistry(projectRoot, [service])
  const [entry] = entries
  if (entry) return entry.profile
  throw new LabError(`${service} cannot be read\n${problems.map(formatProblem).join('\n')}`)
}
