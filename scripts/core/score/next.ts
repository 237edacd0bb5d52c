import { mostOf } from './level.ts'
import { scoreUnit } from './index.ts'
import type { UnitInput } from './load.ts'
import type { Row } from './rows.ts'

/** The value of each directive that the score likes best. A root directory of its own is no matter of one line. */
export const strictest: Record<string, string[]> = {
  CapabilityBoundingSet: [''],
  SystemCallFilter: ['', '@system-service', '~@privileged @resources'],
  RestrictNamespaces: ['yes'],
  RestrictAddressFamilies: ['', 'none'],
  PrivateNetwork: ['yes'],
  DynamicUser: ['yes'],
  PrivateDevices: ['yes'],
  ProtectSystem: ['strict'],
  ProtectHome: ['yes'],
  PrivateTmp: ['yes'],
  PrivateMounts: ['yes'],
  PrivateUsers: ['yes'],
  ProtectControlGroups: ['yes'],
  ProtectKernelTunables: ['yes'],
  ProtectKernelModules: ['yes'],
  ProtectKernelLogs: ['yes'],
  ProtectClock: ['yes'],
  ProtectHostname: ['yes'],
  ProtectProc: ['invisible'],
  ProcSubset: ['pid'],
  NoNewPrivileges: ['yes'],
  RestrictSUIDSGID: ['yes'],
  RestrictRealtime: ['yes'],
  LockPersonality: ['yes'],
  MemoryDenyWriteExecute: ['yes'],
  SystemCallArchitectures: ['', 'native'],
  IPAddressDeny: ['any'],
  DevicePolicy: ['closed'],
  RemoveIPC: ['yes'],
  UMask: ['0077'],
  KeyringMode: ['private'],
  AmbientCapabilities: [''],
  Delegate: ['no'],
  NotifyAccess: ['main'],
  SupplementaryGroups: [''],
}

export interface Step {
  directive: string
  /** The lines to add, as in a drop-in. */
  lines: string[]
  /** The exposure with this step and, in `path`, with all before it. */
  exposure: string
  tenths: number
  /** Fields of the rows that it makes better. */
  closes: string[]
  /** What it takes off, in tenths of exposure and in weighted points. */
  gain: number
  points: number
}

export interface NextSteps {
  /** Each step by itself, the greatest gain first; those that win nothing are left out. */
  steps: Step[]
  /** The fewest steps found, one greatest gain after the other, to the level asked for. */
  path: Step[]
  /** False where even all steps together do not reach it. */
  reached: boolean
}

/** What each directive that is not at its strictest would win, and the shortest way to a level. */
export function nextSteps(
  unit: UnitInput & { offline?: boolean | undefined },
  { level = 'OK', without = [] }: { level?: string; without?: string[] } = {},
): NextSteps {
  const candidates = Object.keys(strictest).filter((name) => !without.includes(name))
  const steps = gains(unit, [], candidates)
  const most = mostOf(level)
  const path: Step[] = []
  const taken: string[] = []
  let left = candidates
  let tenths = scoreUnit(unit).tenths
  while (tenths > most) {
    const [best] = gains(unit, taken, left)
    if (!best) break
    path.push(best)
    taken.push(...best.lines)
    left = left.filter((name) => name !== best.directive)
    tenths = best.tenths
  }
  return { steps, path, reached: tenths <= most }
}

function gains(
  unit: UnitInput & { offline?: boolean | undefined },
  taken: string[],
  names: string[],
): Step[] {
  const before = scoreUnit(withLines(unit, taken))
  return names
    .map((directive): Step => {
      const lines = strictest[directive]!.map((value) => `${directive}=${value}`)
      const after = scoreUnit(withLines(unit, [...taken, ...lines]))
      return {
        directive,
        lines,
        exposure: after.exposure,
        tenths: after.tenths,
        closes: after.rows
          .filter((row, index) => better(row, before.rows[index]!))
          .map(({ field }) => field),
        gain: before.tenths - after.tenths,
        points: pointsWon(before, after),
      }
    })
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
}

function better(after: Row, before: Row): boolean {
  return (after.badness ?? 0) < (before.badness ?? 0)
}

/** In points of the sum that counts after the change, since a change of user brings rows in. */
function pointsWon(
  before: { points: number; worst: number },
  after: { points: number; worst: number },
): number {
  return Math.round((before.points * after.worst) / before.worst - after.points)
}

/** The lines come last, as a drop-in that sorts after all others. */
function withLines<T extends UnitInput>(unit: T, lines: string[]): T {
  if (lines.length === 0) return unit
  const text = `[Service]\n${lines.join('\n')}\n`
  const path = `${unit.name}.d/\u{10ffff}.conf`
  return { ...unit, dropins: [...(unit.dropins ?? []), [path, text]] }
}
