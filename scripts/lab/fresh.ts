import type { Measured } from '../core/measured/types.ts'
import { probeText } from '../core/measured/probe-text.ts'
import { isTriedBy } from '../core/profile/values.ts'
import { digest } from '../digest.ts'
import { dropInsFor } from './drop-ins.ts'
import type { Subject } from './subject.ts'

/** True where the run on the subject's platform was made with the drop-in, the options and the probe as they stand. */
export function isFresh(measured: Measured | undefined, subject: Subject): boolean {
  const run = measured?.platforms[subject.platform.id]
  if (!run || measured?.probe !== digest(probeText(subject.profile, subject.probe))) return false
  const { full, option } = dropInsFor(subject)
  const options = Object.entries(run.options ?? {})
  const reasons = Object.entries(run.reasons ?? {})
  return (
    run.dropIn === digest(full) &&
    reasons.every(([name, experiment]) => {
      const reason = subject.profile.reasons?.[name]
      return reason !== undefined && isTriedBy(experiment, reason.directives)
    }) &&
    options.every(([name, { dropIn }]) => {
      return subject.profile.options?.[name] !== undefined && dropIn === digest(option(name))
    })
  )
}
