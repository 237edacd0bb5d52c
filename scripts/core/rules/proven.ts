import type { Directives } from '../profile/types.ts'
import type { Experiment, PlatformRun } from '../measured/types.ts'
import { grantProofs } from '../measured/grant-proofs.ts'
import { grantsOf } from '../profile/values.ts'
import type { Path } from '../yaml/document.ts'
import { commandFor } from './measured-part.ts'
import type { Context, Finding, Rule } from './rule.ts'

/** Each grant was taken away once and something broke, on one platform at least; a grant that nothing needs is an error. */
export const proven: Rule = {
  name: 'proven',
  check(context) {
    const run = firstRun(context)
    if (!run) return []
    const { profile, measured } = context
    const proofs = grantProofs(measured)
    // An option that replaces a list says again what the default grants, and options are tried on the first platform only.
    const neededLater = proofs.filter(
      ({ breaks, platform }) => breaks && measured?.platforms[platform] !== run,
    )
    const found = unproven(context, profile.directives ?? {}, ['directives'], proofs)
    for (const [name, option] of Object.entries(profile.options ?? {})) {
      const grants = run.options?.[name]?.grants ?? []
      const path = ['options', name, 'directives']
      found.push(...unproven(context, option.directives, path, [...neededLater, ...grants]))
    }
    for (const name of Object.keys(profile.reasons ?? {})) {
      const experiment = run.reasons?.[name]
      if (experiment?.breaks) continue
      const at = context.keyAt(['reasons', name])
      found.push(
        experiment
          ? { ...at, message: `nothing broke when ${name} was tried`, fix: 'drop the reason' }
          : { ...at, message: `${name} was not tried`, fix: `run ${commandFor(context)}` },
      )
    }
    return found
  },
}

/** The run on the first platform that has the service: every experiment begins there. */
export function firstRun({ platforms, profile, measured }: Context): PlatformRun | undefined {
  const first = platforms.find(({ id }) => !profile.notOn?.[id])
  return first && measured?.platforms[first.id]
}

function unproven(
  context: Context,
  directives: Directives,
  path: Path,
  experiments: Experiment[],
): Finding[] {
  return grantsOf(directives, context.catalogue).flatMap(({ directive, item }) => {
    const at = context.keyAt([...path, directive, item])
    const experiment = experiments.find((e) => e.directive === directive && e.item === item)
    if (!experiment) {
      const message = `${directive} ${item} was never taken away`
      return [{ ...at, message, fix: `run ${commandFor(context)}` }]
    }
    if (experiment.breaks) return []
    const message = `${directive} ${item} is granted, but every check passed without it`
    const fix =
      'remove it, add the check that needs it to probe.bats, or measure the platform that needs it again'
    return [{ ...at, message, fix }]
  })
}
