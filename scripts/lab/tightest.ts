import type { Directives, Stage, Value } from '../core/profile/types.ts'
import { isSingle, itemsOf } from '../core/profile/values.ts'
import {
  addressFamilies,
  capabilities,
  namespaceTypes,
  syscallGroupsOf,
} from '../core/score/names.ts'
import { findCulprits } from './culprits.ts'
import { dropInsFor } from './drop-ins.ts'
import { stricterValues } from './experiments.ts'
import type { Bench } from './experiments.ts'
import { usualLines } from './journal.ts'
import { failureOf } from './verdict.ts'
import type { Failure } from './verdict.ts'

/** What the probe allows: directives as tight as they go, and what failed where one could not be tighter. */
export interface Tightest {
  /** Lists that grant are maps with empty reasons: those are a person's to write. */
  directives: Directives
  /** By directive, and by item of a list: what failed without it. */
  needed: Record<string, Record<string, Failure>>
  /** With the reason where it is plain without a person. */
  leftOut: Record<string, Failure & { reason?: string }>
}

/** What a list could allow, by directive; the strictest first, so that the search begins with nothing allowed. */
export function candidates(systemd: string, written: string[]): Record<string, string[]> {
  return {
    CapabilityBoundingSet: capabilities,
    RestrictAddressFamilies: [...addressFamilies.slice(0, 5)],
    RestrictNamespaces: namespaceTypes.filter((name) => name !== 'time'),
    SystemCallFilter: Object.keys(syscallGroupsOf(systemd)).filter(
      (group) => !['@default', '@known', '@system-service'].includes(group),
    ),
    ReadWritePaths: written.map((path) => `-${path}`),
  }
}

/** What most services break on, and what most need, in the order in which it is best taken away: the search is shorter. */
const likely = {
  directives: [
    'CapabilityBoundingSet',
    'PrivateUsers',
    'PrivateNetwork',
    'IPAddressDeny',
    'RestrictAddressFamilies',
    'SystemCallFilter',
  ],
  items: [
    'CAP_CHOWN',
    'CAP_DAC_OVERRIDE',
    'CAP_NET_BIND_SERVICE',
    'CAP_SETGID',
    'CAP_SETUID',
    'AF_UNIX',
    'AF_INET',
    'AF_INET6',
    // First the groups that hold others.
    '@privileged',
    '@resources',
    '@chown',
    '@setuid',
  ],
}

/**
 * Searches the tightest directives with which every check passes: first what can be had at its strictest all together,
 * then weaker values and single grants for the rest. `written` are directories that the service's files are in; `fixed`
 * is set throughout.
 */
export async function findTightest(
  bench: Bench,
  written: string[],
  progress: (line: string) => void,
  fixed: Directives = {},
): Promise<Tightest> {
  const { catalogue, platform } = bench.subject
  const systemd = Number(platform.systemd)
  const lists = candidates(platform.systemd, written)
  const usual = new Set(bench.usual)
  const fails = (directives: Directives) => failureWith({ ...bench, usual }, directives)
  const found: Tightest = { directives: {}, needed: {}, leftOut: {} }

  const strictest = Object.entries(catalogue).flatMap(([name, info]): [string, Value][] => {
    const { account, strictest, since } = info
    if (!account || strictest === undefined || since > systemd || name in fixed) return []
    if (name === 'ProtectSystem') return []
    if (!bench.unenforced.includes(name)) return [[name, strictest]]
    // It would pass whatever it breaks.
    found.leftOut[name] = { check: '', message: 'not tried: this host cannot enforce it' }
    return []
  })
  progress(`trying ${strictest.length} directives at their strictest`)
  const { kept, culprits } = await findCulprits(
    strictest,
    (parts) => fails({ ...fixed, ...Object.fromEntries(parts) }),
    ([name]) => likely.directives.includes(name),
  )
  found.directives = { ...fixed, ...Object.fromEntries(kept) }

  if (!('ProtectSystem' in fixed)) await protectSystem()
  for (const {
    part: [name],
    failure,
  } of culprits) {
    const granted = await loosen(name)
    if (granted === undefined) {
      found.leftOut[name] = failure
      progress(`${name}: nothing stricter passes`)
      continue
    }
    Object.assign(found.directives, granted.directives)
    Object.assign(found.needed, granted.needed)
    progress(`${name}: ${Object.entries(granted.directives).map(words).join(', ')}`)
  }
  for (const name of Object.keys(found.directives)) {
    if (!(name in fixed) && isCovered(name)) delete found.directives[name]
  }
  return found

  /** What another directive brings along needs no line. */
  function isCovered(name: string): boolean {
    return catalogue[name]?.coveredBy?.some((other) => isStrict(other)) === true
  }

  function isStrict(name: string): boolean {
    const value = found.directives[name]
    return value !== undefined && itemsOf(value)[0] === catalogue[name]?.strictest
  }

  async function loosen(name: string): Promise<Omit<Tightest, 'leftOut'> | undefined> {
    if (name === 'SystemCallFilter') return withCalls()
    if (lists[name]) return withItems(name, lists[name])
    return weaker(name)
  }

  /** The strictest of the weaker values. */
  async function weaker(name: string) {
    const info = catalogue[name]
    if (!info || !isSingle(info)) return undefined
    const loosest = info.values?.[0]
    for (const value of stricterValues(info, loosest ?? '', systemd).slice(1)) {
      const failure = await fails({ ...found.directives, [name]: { [value]: '' } })
      if (!failure) return { directives: { [name]: { [value]: '' } }, needed: {} }
    }
    return undefined
  }

  /**
   * Strict, with the paths that have to stay writable. Later directives make /run writable again, so the first stage,
   * which a reader may install alone, is tried as well.
   */
  async function protectSystem() {
    const failsAnywhere = async (directives: Directives) =>
      (await failureWith({ ...bench, usual }, directives, 'filesystem')) ?? fails(directives)
    const strict: Directives = { ProtectSystem: 'strict' }
    const failure = await failsAnywhere({ ...found.directives, ...strict })
    const granted = failure
      ? ((await withItems(
          'ReadWritePaths',
          lists['ReadWritePaths'] ?? [],
          strict,
          failsAnywhere,
        )) ?? (await weaker('ProtectSystem')))
      : { directives: strict, needed: {} }
    if (!granted) {
      if (failure) found.leftOut['ProtectSystem'] = failure
      return
    }
    Object.assign(found.directives, granted.directives)
    Object.assign(found.needed, granted.needed)
    progress(`ProtectSystem: ${Object.entries(granted.directives).map(words).join(', ')}`)
  }

  /** The fewest items of a list that the checks need. */
  async function withItems(
    name: string,
    items: string[],
    beside: Directives = {},
    failsWith = fails,
  ) {
    const set = (some: string[]): Directives => {
      const strictest = catalogue[name]?.strictest
      const value = some.length > 0 ? asGrants(some) : strictest
      return { ...found.directives, ...beside, ...(value !== undefined && { [name]: value }) }
    }
    if (items.length === 0 || (await failsWith(set(items)))) return undefined
    const rank = (item: string) => likely.items.indexOf(item)
    const { culprits } = await findCulprits(
      items.toSorted((a, b) => rank(a) - rank(b)),
      (removed) => failsWith(set(items.filter((item) => !removed.includes(item)))),
      (item) => rank(item) >= 0,
    )
    const needed = culprits.map(({ part }) => part)
    const value = set(needed)[name]
    return {
      directives: { ...beside, ...(value !== undefined && { [name]: value }) },
      needed: { [name]: Object.fromEntries(culprits.map(({ part, failure }) => [part, failure])) },
    }
  }

  /** First the groups that the checks need, then the single calls of those groups. */
  async function withCalls() {
    const groups = await withItems('SystemCallFilter', lists['SystemCallFilter'] ?? [])
    if (!groups) return undefined
    const members = syscallGroupsOf(platform.systemd)
    const calls = Object.keys(groups.needed['SystemCallFilter'] ?? {}).flatMap(
      (group) => members[group] ?? [],
    )
    const single =
      calls.length > 0 ? await withItems('SystemCallFilter', [...new Set(calls)]) : undefined
    return single ?? groups
  }
}

async function failureWith({ lab, subject, usual }: Bench, directives: Directives, stage?: Stage) {
  const { experiment, changedStage } = dropInsFor(subject)
  const text = stage ? changedStage(stage, directives) : experiment(directives)
  const trial = await lab.trial(subject, { 'hardening.conf': text }, { untilFailure: true })
  const failure = failureOf(trial, { usual })
  // What is said where everything passes explains no failure later on.
  if (!failure) for (const line of usualLines(trial.journal)) usual.add(line)
  return failure
}

function asGrants(items: string[]): Record<string, string> {
  return Object.fromEntries(items.map((item) => [item, '']))
}

function words([name, value]: [string, Value]): string {
  const items = typeof value === 'string' ? value : Object.keys(value).join(' ')
  return `${name}=${items}`
}
