import type { Measured, PlatformRun } from '../measured/types.ts'

interface Side {
  measured: Measured | undefined
  isCurrent: (systemd: string, dropIn: string) => boolean
}

/** A figure in the older and in the newer revision; one of them is missing where there was no run. */
export type Figure = [before: string | undefined, after: string | undefined]

/** What is different between two measurements on a platform. Exposure is that without and with the drop-in. */
export interface RunChange {
  exposureBefore: Figure
  exposureAfter: Figure
  checks: Figure
  openAttacks: Figure
  /** Attacks by what they came to under the drop-in. */
  nowOpen: string[]
  nowBlocked: string[]
  newChecks: string[]
  goneChecks: string[]
  failing: string[]
  /** False where the newer run was made with another drop-in or probe than stands there. */
  isCurrent: boolean
}

/** Both measurements side by side, by platform; where nothing is different, nothing. */
export function compareRuns(before: Side, after: Side): Record<string, RunChange> {
  const [old, now] = [before.measured?.platforms ?? {}, after.measured?.platforms ?? {}]
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])]
  const pairs = names.map((name): [string, RunChange] => {
    return [name, compareRun(old[name], now[name], after)]
  })
  return Object.fromEntries(pairs.filter(([name, change]) => isDifferent(name, change, before)))

  function isDifferent(name: string, change: RunChange, { isCurrent }: Side): boolean {
    const run = old[name]
    const wasCurrent = run === undefined || isCurrent(run.systemd, run.dropIn)
    const { exposureBefore, exposureAfter, checks, openAttacks } = change
    return (
      [exposureBefore, exposureAfter, checks, openAttacks].some(([a, b]) => a !== b) ||
      wasCurrent !== change.isCurrent ||
      [change.nowOpen, change.nowBlocked, change.newChecks, change.goneChecks].flat().length > 0
    )
  }
}

function compareRun(
  old: PlatformRun | undefined,
  now: PlatformRun | undefined,
  { isCurrent }: Side,
): RunChange {
  const outcome = (run: PlatformRun | undefined, attack: string) => run?.attacks[attack]?.after
  const attacks = Object.keys({ ...old?.attacks, ...now?.attacks })
  const became = (word: string) =>
    old && now
      ? attacks.filter((each) => outcome(old, each) !== word && outcome(now, each) === word)
      : []
  const names = (run: PlatformRun | undefined) => run?.checks.map(({ name }) => name) ?? []
  const beyond = (run: PlatformRun | undefined, other: PlatformRun | undefined) =>
    old && now ? names(run).filter((name) => !names(other).includes(name)) : []
  return {
    exposureBefore: [old?.before.exposure, now?.before.exposure],
    exposureAfter: [old?.after.exposure, now?.after.exposure],
    checks: [passing(old), passing(now)],
    openAttacks: [open(old), open(now)],
    nowOpen: became('open'),
    nowBlocked: became('blocked'),
    newChecks: beyond(now, old),
    goneChecks: beyond(old, now),
    failing: now?.checks.filter(({ after }) => after === 'fail').map(({ name }) => name) ?? [],
    isCurrent: now === undefined || isCurrent(now.systemd, now.dropIn),
  }
}

function passing(run: PlatformRun | undefined): string | undefined {
  return run && String(run.checks.filter(({ after }) => after === 'pass').length)
}

function open(run: PlatformRun | undefined): string | undefined {
  return run && String(Object.values(run.attacks).filter(({ after }) => after === 'open').length)
}
