import { visible } from '../problem.ts'
import type { ProfileChange } from './compare.ts'
import type { Figure, RunChange } from './runs.ts'

/** For a terminal. `since` is the older revision as it was named. */
export function asText(changes: ProfileChange[], since: string): string {
  if (changes.length === 0) return `nothing is different since ${since}\n`
  return changes.map((change) => textOf(change)).join('\n')
}

/** For a summary on GitHub. Whatever people wrote stands in code, so that it is nothing but text. */
export function asMarkdown(changes: ProfileChange[], since: string): string {
  if (changes.length === 0) return `Nothing is different since ${code(since)}.\n`
  return changes.map((change) => markdownOf(change)).join('\n')
}

function textOf(change: ProfileChange): string {
  const lines = Object.entries(change.runs).map(([platform, run]) => {
    return `  ${platform}: exposure ${figure(run.exposureBefore)} without and ${figure(run.exposureAfter)} with the drop-in, ${figure(run.checks)} checks pass, ${figure(run.openAttacks)} attacks open`
  })
  lines.push(...remarks(change).map(([what, detail]) => `  ${what}: ${detail}`))
  for (const [name, diff] of Object.entries(change.files)) {
    lines.push('', `  ${name}`, ...diff.map((line) => `  ${line}`))
  }
  return [title(change), ...lines, ''].map((line) => `${visible(line)}\n`).join('')
}

function markdownOf(change: ProfileChange): string {
  const rows = Object.entries(change.runs).map(
    ([platform, run]) =>
      `| ${platform} | ${figure(run.exposureBefore)} | ${figure(run.exposureAfter)} | ${figure(run.checks)} | ${figure(run.openAttacks)} |`,
  )
  const head = '| platform | exposure without | with | checks passing | attacks open |'
  const table = rows.length > 0 ? [head, '| --- | --: | --: | --: | --: |', ...rows, ''] : []
  const list = remarks(change).map(([what, detail]) => `- ${what}: ${code(detail)}`)
  const files = Object.entries(change.files).flatMap(([name, diff]) => {
    const text = diff.map(visible).join('\n')
    const fence = longerThan(text, '```')
    return [
      `<details><summary>${name}</summary>`,
      '',
      `${fence}diff`,
      text,
      fence,
      '',
      '</details>',
      '',
    ]
  })
  return [`## ${title(change)}`, '', ...table, ...list, ...(list.length > 0 ? [''] : []), ...files]
    .map((line) => `${line}\n`)
    .join('')
}

function title({ id, kind, isDraft, wasDraft, probeChanged }: ProfileChange): string {
  const state = isDraft
    ? wasDraft === false
      ? ', a draft again'
      : ', a draft'
    : wasDraft
      ? ', published now'
      : ''
  return `${id}: ${kind}${state}${kind === 'changed' && probeChanged ? ', its probe too' : ''}`
}

/** What the figures do not say. */
function remarks({ granted, noLongerGranted, runs }: ProfileChange): [string, string][] {
  const of = (what: string, pick: (run: RunChange) => string[]) =>
    byItem(runs, pick).map(([item, platforms]): [string, string] => {
      return [`${what} on ${platforms.join(', ')}`, item]
    })
  const stale = Object.entries(runs).filter(([, run]) => !run.isCurrent)
  return [
    ...granted.map((item): [string, string] => ['granted', item]),
    ...noLongerGranted.map((item): [string, string] => ['no longer granted', item]),
    ...of('attack open now', (run) => run.nowOpen),
    ...of('attack blocked now', (run) => run.nowBlocked),
    ...of('new check', (run) => run.newChecks),
    ...of('check gone', (run) => run.goneChecks),
    ...of('check failing', (run) => run.failing),
    ...stale.map(([platform]): [string, string] => [
      'not measured as it stands, so the figures are older',
      platform,
    ]),
  ]
}

/** Each item once, with the platforms where it is so. */
function byItem(runs: ProfileChange['runs'], pick: (run: RunChange) => string[]) {
  const found = new Map<string, string[]>()
  for (const [platform, run] of Object.entries(runs)) {
    for (const item of pick(run)) found.set(item, [...(found.get(item) ?? []), platform])
  }
  return [...found]
}

function figure([before, after]: Figure): string {
  if (before === after) return after ?? 'none'
  return before === undefined ? String(after) : `${before} → ${after ?? 'none'}`
}

function code(text: string): string {
  const plain = visible(text)
  const marks = longerThan(plain, '`')
  const pad = plain.startsWith('`') || plain.endsWith('`') ? ' ' : ''
  return `${marks}${pad}${plain}${pad}${marks}`
}

/** More backticks than the text has in a row anywhere. */
function longerThan(text: string, least: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  return '`'.repeat(Math.max(least.length, longest + 1))
}
