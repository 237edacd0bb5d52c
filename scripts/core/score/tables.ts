import rowData from '../../../schema/systemd/rows.json' with { type: 'json' }
import newest from '../../../schema/systemd/syscalls-257.json' with { type: 'json' }
import { noBits, setBit, type Bits } from './bits.ts'
import { ScoreError } from './score-error.ts'

/** One line of the table: what is looked at, how much it weighs, and our words for the outcome. */
export interface RowInfo {
  field: string
  name: string
  weight: number
  range: number
  /** When it does not count: for a unit that runs as root, or without the default dependencies. */
  na?: 'root' | 'noDefaults'
  good: string
  partly: string
  bad: string
}

/** What the score of one systemd version is computed from. */
export interface Tables {
  systemd: number
  rows: RowInfo[]
  /** Each group's calls, nested groups replaced by theirs. */
  groups: Map<string, string[]>
  /** Every call that a group names. */
  calls: Set<string>
  /** For a word of SystemCallFilter, the calls that the score looks at, as bits. */
  words: Map<string, Bits>
  /** The calls of each group that has a row, in the order of `assessedGroups`. */
  assessed: Bits[]
}

interface SyscallData {
  systemd: number
  groups: Record<string, string>
  others: string
  notKnown: string
  foreign: string
}

export const assessedGroups =
  'swap clock debug mount module raw-io reboot privileged resources obsolete cpu-emulation'.split(
    ' ',
  )

const importers: Record<string, () => Promise<{ default: SyscallData }>> = {
  247: () => import('../../../schema/systemd/syscalls-247.json', { with: { type: 'json' } }),
  252: () => import('../../../schema/systemd/syscalls-252.json', { with: { type: 'json' } }),
  254: () => import('../../../schema/systemd/syscalls-254.json', { with: { type: 'json' } }),
  262: () => import('../../../schema/systemd/syscalls-262.json', { with: { type: 'json' } }),
}

export const systemdVersions = ['247', '252', '254', '257', '262']
export const defaultSystemd = '257'

const loaded = new Map<string, Tables>()

/** Tables at hand; 257's always are, others after `loadTables`. */
export function tablesOf(systemd: number | string): Tables {
  const version = String(systemd)
  const tables = loaded.get(version)
  if (tables) return tables
  if (version === defaultSystemd) return keep(newest)
  throw new ScoreError(
    version in importers
      ? `the tables of systemd ${version} are not loaded; call loadTables first`
      : `there are no tables for systemd ${version}; choose one of ${systemdVersions.join(', ')}`,
  )
}

export async function loadTables(systemd: number | string): Promise<Tables> {
  const version = String(systemd)
  const load = loaded.has(version) ? undefined : importers[version]
  return load ? keep((await load()).default) : tablesOf(version)
}

/** For programs that then score without waiting. */
export async function loadAllTables(): Promise<void> {
  await Promise.all(systemdVersions.map(loadTables))
}

function keep(data: SyscallData): Tables {
  const tables = build(data)
  loaded.set(String(data.systemd), tables)
  return tables
}

function build(data: SyscallData): Tables {
  const groups = expandGroups(data)
  const foreign = new Set(data.foreign.split(' '))
  const numbers = new Map<string, number>()
  for (const group of assessedGroups)
    for (const call of groups.get(`@${group}`)!)
      if (!foreign.has(call) && !numbers.has(call)) numbers.set(call, numbers.size)
  const length = (numbers.size + 31) >> 5
  const bitsOf = (calls: string[]) => {
    const bits = noBits(length)
    for (const call of calls) if (numbers.has(call)) setBit(bits, numbers.get(call)!)
    return bits
  }
  const words = new Map<string, Bits>()
  for (const call of numbers.keys()) words.set(call, bitsOf([call]))
  for (const [group, calls] of groups) words.set(group, bitsOf(calls))
  const assessed = assessedGroups.map((group) => words.get(`@${group}`)!)
  const calls = new Set([...groups.values()].flat())
  return { systemd: data.systemd, rows: rowsOf(data.systemd), groups, calls, words, assessed }
}

function expandGroups(data: SyscallData): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  const members = (group: string): string[] =>
    (data.groups[group] ?? '')
      .split(' ')
      .flatMap((member) => (member.startsWith('@') ? members(member) : [member]))
  const all = new Set(data.others.split(' '))
  for (const group of Object.keys(data.groups)) {
    const calls = [...new Set(members(group))].sort()
    groups.set(group, calls)
    for (const call of calls) all.add(call)
  }
  for (const call of data.notKnown.split(' ')) all.delete(call)
  return groups.set('@known', [...all].sort())
}

function rowsOf(systemd: number): RowInfo[] {
  return (rowData as RowData[])
    .filter(({ since = 0 }) => since <= systemd)
    .map(({ field, name, oldName, weight, range = 1, na, good, partly, bad }) => ({
      field,
      name: (systemd < 250 ? oldName : undefined) ?? name ?? `${field}=`,
      weight,
      range,
      ...(na && { na }),
      good,
      partly: partly ?? bad,
      bad,
    }))
}

interface RowData {
  field: string
  name?: string
  oldName?: string
  weight: number
  range?: number
  na?: 'root' | 'noDefaults'
  since?: number
  good: string
  partly?: string
  bad: string
}
