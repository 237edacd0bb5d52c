import type { Entry, SiteData } from '../registry.ts'
import { attackCounts, headline, runsOf } from '../wording/runs.ts'
import { count } from '../wording/text.ts'
import type { Card } from './card.ts'

/** What the picture of a profile's link says: no more than its page. */
export function cardOf(entry: Entry, platforms: SiteData['platforms']): Card {
  const { profile, measured } = entry
  const [first] = runsOf(measured, platforms)
  const title = profile.name
  const skip = profile.advice === 'skip'
  if (!first) {
    return { title, lines: [profile.summary, skip ? 'Better left alone.' : 'Not measured yet.'] }
  }
  const { run, label } = first
  const where = `${label}, systemd ${run.systemd}`
  const attacks = attackCounts(run)
  const lines = skip
    ? ['Better left alone: what was tried broke what people rely on.', where]
    : [
        `${where}: ${count(run.checks.length, 'check')} before and after.`,
        `Of ${count(attacks.tried, 'attack')}, ${attacks.before} got through before, ${attacks.after} after.`,
      ]
  return { title, lines, score: headline(entry, platforms) }
}
