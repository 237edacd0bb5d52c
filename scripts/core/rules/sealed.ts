import { sealedText } from '../measured/seal.ts'
import { commandFor } from './measured-part.ts'
import type { Rule } from './rule.ts'

/** Nobody types in a figure: the lab seals what it writes, and an edit breaks the seal. */
export const sealed: Rule = {
  name: 'sealed',
  check(context) {
    const { measured, measuredAt, digest } = context
    if (!measured || measured.seal === digest(sealedText(measured))) return []
    const message = 'the measurement was changed after the lab wrote it'
    const fix = `run ${commandFor(context)}`
    return [{ ...measuredAt(['seal']), message, fix, file: 'measured.yaml' }]
  },
}
