import type { Outcome, Score } from '../core/measured/types.ts'
import { readSchema } from '../registry.ts'
import type { GrantWord } from './foreign-drop-in.ts'
import type { ProbeCheck } from './tap.ts'
import type { Failure } from './verdict.ts'

export type UnneededGrant = GrantWord

export interface CheckResult {
  before: Score
  after: Score
  checks: ProbeCheck[]
  /** How many checks the probe has. */
  planned: number
  /** None after where the service does not start. */
  attacks: { before: Record<string, Outcome>; after: Record<string, Outcome> | undefined }
  unenforced: string[]
  /** What systemd skips in the text, with the line. */
  notes: string[]
  /** What failed first; absent where everything works. */
  failure?: Failure
  culprits: { directive: string; failure: Failure }[]
  unneeded: UnneededGrant[]
}

/** What an administrator wants to know of a drop-in before it goes anywhere, as text. */
export function checkReport(
  label: string,
  file: string,
  result: CheckResult,
  name: string,
): string {
  const { before, after, failure } = result
  const passed = result.checks.filter(({ outcome }) => outcome === 'pass').length
  const verdict = failure
    ? `It breaks ${name}: do not install it.`
    : `${name} works with it: ${passed} of ${result.planned} checks pass.`
  const lines = [
    `${label} with ${file}`,
    `exposure ${before.exposure} ${before.level} → ${after.exposure} ${after.level}`,
    verdict,
    ...failures(result),
    ...attacks(result),
    ...list('granted without need, every check passes without it:', [
      ...result.unneeded.map(({ directive, item, line }) => `line ${line}: ${directive} ${item}`),
    ]),
    ...list('systemd skips:', result.notes),
    ...list('this host does not enforce, so nothing is said of:', result.unenforced),
  ]
  return `${lines.join('\n')}\n`
}

function failures({ failure, checks, planned, culprits }: CheckResult): string[] {
  if (!failure) return []
  const failed = checks.filter(({ outcome }) => outcome === 'fail').map(({ name }) => name)
  const first = failure.check === 'start' ? 'it does not start' : `"${failure.check}" fails`
  const explained = failure.message ? `${first}: ${failure.message}` : first
  return [
    `  ${explained}`,
    ...(failed.length > 0 ? [`  ${failed.length} of ${planned} checks fail in all`] : []),
    ...list(
      'what breaks it, beside the rest:',
      culprits.map(({ directive, failure: { check, message } }) => {
        const what = check === 'start' ? 'no start' : `"${check}"`
        return `${directive}: ${what}${message ? `, ${message}` : ''}`
      }),
    ),
  ]
}

function attacks({ attacks: { before, after } }: CheckResult): string[] {
  const titles = readSchema().attacks
  const open = Object.keys(before).filter((id) => before[id] === 'open')
  if (!after)
    return [`attacks: ${open.length} succeed without it; with it there is nothing to attack`]
  const still = open.filter((id) => after[id] === 'open')
  const head = `attacks: ${open.length} succeed without it, ${still.length} still do`
  return [
    head + (still.length > 0 ? ':' : ''),
    ...still.map((id) => `  ${titles[id]?.title ?? id}`),
  ]
}

function list(head: string, items: string[]): string[] {
  return items.length > 0 ? [head, ...items.map((item) => `  ${item}`)] : []
}
