import type { Check } from '../core/measured/types.ts'
import { explain } from './journal.ts'
import type { Trial } from './trial.ts'

/** What failed first in a trial, and the message that explains it. */
export interface Failure {
  check: string
  message: string
}

/** The first failure, checks left aside that may fail; undefined where everything passed. */
export function failureOf(
  trial: Trial,
  { usual, mayFail = [] }: { usual?: Set<string>; mayFail?: string[] } = {},
): Failure | undefined {
  const say = (check: string, output = '') => {
    const message = explain(trial.journal, output, usual)
    return { check, message }
  }
  if (!trial.started) return say('start')
  const failed = trial.checks.find(
    ({ name, outcome }) => outcome === 'fail' && !mayFail.includes(name),
  )
  if (failed) return say(failed.name, failed.output)
  if (trial.checks.length >= trial.planned && trial.planned > 0) return undefined
  return say('the whole probe', `it ended after ${trial.checks.length} of ${trial.planned} checks`)
}

/** Both runs of each check. One that is skipped in both is no check here; one that is missing failed. */
export function compareChecks(before: Trial, after: Trial): Check[] {
  const names = [...new Set([...before.checks, ...after.checks].map(({ name }) => name))]
  return names.flatMap((name): Check[] => {
    const [first, second] = [before, after].map(
      ({ checks }) => checks.find((check) => check.name === name)?.outcome ?? 'fail',
    )
    if (first === 'skip' && second === 'skip') return []
    const word = (outcome?: string) => (outcome === 'pass' ? 'pass' : 'fail')
    return [{ name, before: word(first), after: word(second) }]
  })
}

export function passed({ checks }: Trial): number {
  return checks.filter(({ outcome }) => outcome === 'pass').length
}

/** Everything that a person needs to see of a failed trial. */
export function describeFailure(what: string, trial: Trial): string[] {
  if (!trial.started) return [`${what}: the unit did not start`, ...journalTail(trial)]
  const failed = trial.checks.filter(({ outcome }) => outcome === 'fail')
  const lines = failed.flatMap(({ name, output }) => [
    `${what}: "${name}" failed`,
    ...withoutRepetition(output.split('\n')).map((line) => `    ${line}`),
  ])
  if (trial.checks.length < trial.planned) {
    lines.push(`${what}: the probe ended after ${trial.checks.length} of ${trial.planned} checks`)
  }
  if (trial.planned === 0) lines.push(`${what}: the probe ran no check`)
  return lines.length > 0 ? [...lines, ...journalTail(trial)] : []
}

/** A check that waits says the same until it gives up. */
function withoutRepetition(lines: string[]): string[] {
  return lines.flatMap((line, index) => {
    if (line === lines[index - 1]) return []
    const times = lines.slice(index).findIndex((other) => other !== line)
    const count = times < 0 ? lines.length - index : times
    return [count > 1 ? `${line} (${count} times)` : line]
  })
}

function journalTail({ journal }: Trial): string[] {
  const lines = journal.map(({ text }) => text).filter((text) => text.trim() !== '')
  return ['  journal:', ...lines.slice(-25).map((line) => `    ${line}`)]
}
