/** One test of a probe, as it was run. */
export interface ProbeCheck {
  name: string
  outcome: 'pass' | 'fail' | 'skip'
  /** What the test printed, where it failed. */
  output: string
}

export interface TapRun {
  /** How many tests the probe announced. */
  planned: number
  checks: ProbeCheck[]
}

const result = /^(not )?ok \d+ ?(.*)$/
const directive = / # (skip|timeout|todo)\b.*$/i

/** Reads what `bats --tap` prints, also where it was cut off. */
export function parseTap(text: string): TapRun {
  const run: TapRun = { planned: 0, checks: [] }
  for (const line of text.split(/\r?\n/)) {
    const plan = /^1\.\.(\d+)$/.exec(line)
    if (plan) run.planned = Number(plan[1])
    const found = result.exec(line)
    if (found) {
      const [, failed, title = ''] = found
      const isSkipped = / # skip\b/i.test(title)
      run.checks.push({
        name: nameOf(title.replace(directive, '')),
        outcome: failed ? 'fail' : isSkipped ? 'skip' : 'pass',
        output: /^.* # (timeout.*)$/i.exec(title)?.[1] ?? '',
      })
    }
    const check = run.checks.at(-1)
    if (check && line.startsWith('#') && !line.startsWith('# bats warning:')) {
      check.output += `${check.output && '\n'}${line.replace(/^# ?/, '')}`
    }
  }
  return run
}

/** bats reports what failed around the tests as a test of its own. */
function nameOf(title: string): string {
  return title.replace(/^(setup_file|teardown_file|setup_suite|teardown_suite) failed$/, '$1')
}

/** The tags that the probe's tests carry for options. */
export function optionTags(probe: string): string[] {
  const lists = [...probe.matchAll(/^# bats (?:test|file)_tags=(.*)$/gm)]
  const tags = lists.flatMap(([, list = '']) => list.split(',').map((tag) => tag.trim()))
  return [...new Set(tags.filter((tag) => tag.startsWith('option:')))]
}

/** The arguments of bats that choose the default checks, those of one option, or both. */
export function tagFilter(
  probe: string,
  { option, alone = false }: { option?: string; alone?: boolean } = {},
): string[] {
  const tags = optionTags(probe)
  const own = option === undefined ? [] : ['--filter-tags', `option:${option}`]
  if (alone) return own
  if (tags.length === 0) return []
  return ['--filter-tags', tags.map((tag) => `!${tag}`).join(','), ...own]
}
