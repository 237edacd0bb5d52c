import { fromTemplate } from '../rendering/template.ts'
import { allRows } from '../search/list.ts'
import { readKnown } from '../units/known.ts'
import { count } from '../wording/text.ts'
import { createRanking } from './rank.ts'
import type { Ranked } from './rank.ts'

const field = document.querySelector<HTMLTextAreaElement>('#listing')!
const summary = document.querySelector<HTMLElement>('[data-worst-summary]')!
const table = document.querySelector<HTMLTableElement>('[data-worst-table]')!
const start = summary.textContent

/** The list of all profiles, which is on the page anyway, is what units are looked up in. */
const rank = createRanking(readKnown(allRows))

export function showWorst() {
  const ranked = rank(field.value)
  summary.textContent = summarise(ranked)
  table.hidden = ranked.length === 0
  table.tBodies[0]!.replaceChildren(...ranked.map(unitRow))
}

function summarise(ranked: Ranked[]): string {
  if (field.value.trim() === '') return start
  if (ranked.length === 0)
    return 'There is no unit with an exposure in it. The lines should look like: nginx.service 9.6 UNSAFE'
  const withProfile = ranked.filter(({ profile }) => profile).length
  const has = withProfile === 1 ? 'has' : 'have'
  return `${count(ranked.length, 'unit')} read, the worst first; ${withProfile} ${has} a profile.`
}

function unitRow({ unit, exposure, level, isCut, profile, isLikely }: Ranked): HTMLElement {
  const link = document.createElement('a')
  link.href = profile ? `/${profile.id}/` : '/score/'
  link.textContent = profile ? profile.name : 'Score it'
  return fromTemplate('worst-unit', {
    unit: isCut ? `${unit}…` : unit,
    now: `${exposure} ${level}`,
    likely: isLikely ? 'probably ' : undefined,
    link,
    ...outcome(profile),
  })
}

function outcome(profile: Ranked['profile']) {
  if (!profile) return { after: undefined, from: 'no profile yet' }
  if (profile.isSkip) return { after: undefined, from: 'leave it alone' }
  if (!profile.after) return { after: undefined, from: 'not measured yet' }
  return { after: profile.after, from: `measured, from ${profile.before}` }
}

field.addEventListener('input', showWorst)
