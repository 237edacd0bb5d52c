import { commandFor } from './measured-part.ts'
import type { Finding, Rule } from './rule.ts'

/** Never break a service silently: every check passed after, on every platform and in every stage, and nothing is less safe. */
export const stillWorks: Rule = {
  name: 'still-works',
  check(context) {
    const { measured, measuredAt } = context
    const found: Finding[] = []
    for (const [id, run] of Object.entries(measured?.platforms ?? {})) {
      const say = (path: (string | number)[], message: string) =>
        found.push({
          ...measuredAt(['platforms', id, ...path]),
          message,
          fix: `mend the profile or the probe, then run ${commandFor(context)}`,
          file: 'measured.yaml',
        })
      for (const [index, check] of run.checks.entries()) {
        const failed = check.before === 'fail' ? 'before' : check.after === 'fail' ? 'after' : ''
        if (failed) say(['checks', index], `"${check.name}" failed ${failed} on ${id}`)
      }
      for (const [stage, { checks }] of Object.entries(run.stages)) {
        if (checks >= run.checks.length) continue
        const passed = `only ${checks} of ${run.checks.length} checks passed`
        say(['stages', stage], `with the stages up to ${stage} ${passed} on ${id}`)
      }
      if (run.checks.length === 0) say(['checks'], `no check ran on ${id}`)
      if (Number(run.after.exposure) > Number(run.before.exposure)) {
        say(['after'], `the exposure rose from ${run.before.exposure} to ${run.after.exposure}`)
      }
      for (const [attack, { before, after }] of Object.entries(run.attacks)) {
        if (before !== 'blocked' || after !== 'open') continue
        say(
          ['attacks', attack],
          `${attack} is blocked as packaged, and open with the drop-in, on ${id}`,
        )
      }
    }
    return found
  },
}
