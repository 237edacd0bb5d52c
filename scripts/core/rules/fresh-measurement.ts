import { probeText } from '../measured/probe-text.ts'
import { renderDropIn, renderOption } from '../profile/render.ts'
import { isTriedBy } from '../profile/values.ts'
import { commandFor } from './measured-part.ts'
import type { Context, Finding, Rule } from './rule.ts'

/** What is published is what was measured: drop-in, options and probe have not changed since. */
export const freshMeasurement: Rule = {
  name: 'fresh-measurement',
  check(context) {
    const { measured, platforms, profile, measuredAt } = context
    const found: Finding[] = []
    const say = (path: string[], message: string) =>
      found.push({
        ...measuredAt(path),
        message,
        fix: `run ${commandFor(context)}`,
        file: 'measured.yaml',
      })
    if (!measured) {
      say([], `${context.id} has not been measured`)
      return found
    }
    if (measured.probe !== context.digest(probeText(profile, context.probe))) {
      say(['probe'], 'measured with an older probe.bats, probe.bash or setup')
    }
    for (const { id } of platforms) {
      if (profile.notOn?.[id]) continue
      const run = measured.platforms[id]
      if (!run) say(['platforms'], `not measured on ${id}`)
      else if (run.dropIn !== context.digest(dropInFor(context, run.systemd))) {
        say(['platforms', id, 'dropIn'], 'measured with an older drop-in')
      }
    }
    for (const [id, run] of Object.entries(measured.platforms)) {
      if (!platforms.some((platform) => platform.id === id)) {
        say(['platforms', id], `${id} is no platform of the lab`)
      }
      for (const [name, option] of Object.entries(run.options ?? {})) {
        const path = ['platforms', id, 'options', name]
        if (!profile.options?.[name]) say(path, `measured an option ${name} that is gone`)
        else if (option.dropIn !== context.digest(optionFor(context, name, run.systemd))) {
          say([...path, 'dropIn'], `measured with an older option ${name}`)
        }
      }
    }
    for (const [id, run] of Object.entries(measured.platforms)) {
      for (const [name, experiment] of Object.entries(run.reasons ?? {})) {
        const path = ['platforms', id, 'reasons', name]
        const reason = profile.reasons?.[name]
        if (!reason) say(path, `tried a reason ${name} that is gone`)
        else if (!isTriedBy(experiment, reason.directives)) {
          say(path, `tried other directives for the reason ${name}`)
        }
      }
    }
    const first = platforms.find(({ id }) => !profile.notOn?.[id])
    const run = first && measured.platforms[first.id]
    if (!run) return found
    for (const name of Object.keys(profile.options ?? {})) {
      if (!run.options?.[name]) say(['platforms', first.id], `the option ${name} was not measured`)
    }
    for (const name of Object.keys(profile.leftOut ?? {})) {
      const canTry = context.catalogue[name]?.strictest !== undefined
      if (canTry && !run.leftOut?.some(({ directive }) => directive === name)) {
        say(['platforms', first.id], `${name} is left out but was not tried`)
      }
    }
    return found
  },
}

function dropInFor({ profile, catalogue }: Context, systemd: string): string {
  return renderDropIn(profile, { directives: catalogue, systemd: Number(systemd) })
}

function optionFor({ profile, catalogue }: Context, name: string, systemd: string): string {
  return renderOption(profile, name, { directives: catalogue, systemd: Number(systemd) })
}
