import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { ByPlatform, Profile } from '../core/profile/types.ts'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../usage.ts'
import type { MachineSpec } from './machine.ts'
import { findPlatform, readPlatforms } from './platforms.ts'

const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

export interface Flags {
  platform?: string | undefined
  packages?: string | undefined
  command?: string | undefined
  'drop-in'?: string | undefined
  filter?: string | undefined
}

export interface Context {
  signal: AbortSignal
  progress: (line: string) => void
}

/** The machine that a service's profile asks for, or that is asked for by naming packages. */
export function machineSpec(services: string[], flags: Flags, context: Context) {
  const [service, ...more] = services
  if (more.length > 0) throw new UsageError(`one service at a time, not also ${more.join(' ')}`)
  const platform = flags.platform === undefined ? readPlatforms()[0] : findPlatform(flags.platform)
  if (!platform) throw new UsageError('which platform?')
  const named = flags.packages?.split(/[\s,]+/).filter(Boolean) ?? []
  if (service === undefined && named.length === 0 && flags.packages === undefined) {
    throw new UsageError('which service? Or name packages: --packages "nginx curl"')
  }
  const probe = service === undefined ? undefined : join(projectRoot, 'profiles', service)
  if (probe !== undefined && !existsSync(probe) && named.length === 0) {
    throw new UsageError(`there is no profiles/${service}; name its packages with --packages`)
  }
  const path = probe && join(probe, 'profile.yaml')
  const profile =
    path && existsSync(path) ? (parse(readFileSync(path, 'utf8')) as Profile) : undefined
  const of = <T>(value: ByPlatform<T> | undefined): T | undefined =>
    isByPlatform(value) ? value[platform.id] : value
  const packages = [
    ...new Set([...(of(profile?.packages) ?? []), ...(of(profile?.probePackages) ?? []), ...named]),
  ]
  const unit = instanceOf(of(profile?.unit), of(profile?.instance))
  const spec: MachineSpec = {
    platform,
    packages,
    ...context,
    ...(probe && existsSync(probe) && { probe }),
  }
  return { spec, unit, probe }
}

function instanceOf(unit: string | undefined, instance: string | undefined): string | undefined {
  return unit?.includes('@.') ? instance : unit
}

function isByPlatform<T>(value: ByPlatform<T> | undefined): value is Record<string, T> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
