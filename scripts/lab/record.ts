import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { parseMeasured } from '../core/measured/parse.ts'
import { sealedText } from '../core/measured/seal.ts'
import type { Experiment, Measured, OptionRun, PlatformRun } from '../core/measured/types.ts'
import { digest } from '../digest.ts'
import { projectRoot } from '../registry.ts'
import { replaceFile } from './cache.ts'

/** Merges one platform's run into profiles/ID/measured.yaml, in one step. */
export function recordRun(
  id: string,
  probe: string,
  platform: string,
  run: PlatformRun,
  { platforms, root = projectRoot }: { platforms: string[]; root?: string },
) {
  const recorded = readRecord(id, root)
  replaceFile(pathOf(id, root), measuredText(mergeRun(recorded, probe, platform, run, platforms)))
}

/** What profiles/ID/measured.yaml holds now; nothing where it is not there or cannot be read. */
export function readRecord(id: string, root = projectRoot): Measured | undefined {
  const path = pathOf(id, root)
  return existsSync(path) ? parseMeasured(path, readFileSync(path, 'utf8')).measured : undefined
}

function pathOf(id: string, root: string) {
  return join(root, 'profiles', id, 'measured.yaml')
}

/**
 * Runs of other platforms stay as they are, in the platforms' order. Those made with another probe are dropped:
 * the file holds one digest of it, so it could not say that they are older.
 */
export function mergeRun(
  recorded: Measured | undefined,
  probe: string,
  platform: string,
  run: PlatformRun,
  platforms: string[],
): Measured {
  const others = recorded?.probe === probe ? recorded.platforms : {}
  const runs = { ...others, [platform]: run }
  const kept = platforms.filter((name) => Object.hasOwn(runs, name))
  const measured: Measured = {
    probe,
    platforms: Object.fromEntries(kept.map((name) => [name, inOrder(runs[name]!)])),
    seal: '',
  }
  return { ...measured, seal: digest(sealedText(measured)) }
}

/** The file as it is written: the same run gives the same bytes. */
export function measuredText({ probe, platforms, seal }: Measured): string {
  const head = '# Recorded by `npm run lab -- measure ID`; do not edit.\n'
  return head + stringify({ probe, platforms, seal }, { lineWidth: 0, singleQuote: true })
}

/** Keys in the order of the type, whatever order they were measured in. */
function inOrder(run: PlatformRun): PlatformRun {
  const { grants, leftOut, options, reasons } = run
  return {
    date: run.date,
    seconds: run.seconds,
    systemd: run.systemd,
    packages: run.packages,
    kernel: run.kernel,
    unit: run.unit,
    dropIn: run.dropIn,
    vendor: run.vendor,
    before: run.before,
    stages: run.stages,
    after: run.after,
    checks: run.checks.map(({ name, before, after }) => ({ name, before, after })),
    attacks: run.attacks,
    unenforced: run.unenforced,
    ...(grants && { grants: grants.map(experimentInOrder) }),
    ...(leftOut && { leftOut: leftOut.map(experimentInOrder) }),
    ...(options && { options: mapValues(options, optionInOrder) }),
    ...(reasons && { reasons: mapValues(reasons, experimentInOrder) }),
  }
}

function experimentInOrder({ directive, item, breaks, check, message }: Experiment): Experiment {
  return {
    directive,
    item,
    breaks,
    ...(check !== undefined && { check }),
    ...(message && { message }),
  }
}

function optionInOrder({ exposure, level, dropIn, checks, grants }: OptionRun): OptionRun {
  return {
    exposure,
    level,
    dropIn,
    checks,
    ...(grants && { grants: grants.map(experimentInOrder) }),
  }
}

function mapValues<T>(map: Record<string, T>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]))
}
