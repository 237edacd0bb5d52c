import { percent } from '../figures/scale.ts'
import { fromTemplate } from '../rendering/template.ts'
import { readKnown } from '../units/known.ts'
import { createMatcher } from '../units/match.ts'
import type { Assessment } from './assess.ts'
import { unnamed } from './read-paste.ts'

const verdict = document.querySelector<HTMLElement>('[data-verdict]')!
const start = [...verdict.children]
const scale = document.querySelector<HTMLElement>('[data-scale]')!
const notes = document.querySelector<HTMLElement>('[data-notes]')!
const profile = document.querySelector<HTMLElement>('[data-known-profile]')!
const match = createMatcher(readKnown(document.querySelectorAll<HTMLElement>('[data-known]')))

export function showVerdict(result: Assessment | undefined, systemd: string) {
  verdict.replaceChildren(...(result ? [headline(result, systemd)] : start))
  showScale(result)
  const lines = result ? [...remarkLines(result), ...noteLines(result)] : []
  notes.replaceChildren(...lines)
  notes.hidden = lines.length === 0
  profile.replaceChildren(...profileLine(result))
}

function headline({ name, score, comparison, refused }: Assessment, systemd: string) {
  if (!score) return fromTemplate('refused', { why: refused })
  const { exposure, level } = score
  const of = `${name === unnamed ? '' : `${name}, `}systemd ${systemd}`
  if (!comparison) return fromTemplate('score', { exposure, level, of })
  return fromTemplate('scores', { before: comparison.before.exposure, exposure, level, of })
}

function showScale(result: Assessment | undefined) {
  const { score, comparison } = result ?? {}
  scale.hidden = !score
  const width = (part: string, tenths: number) =>
    scale.querySelector(`.${part}`)!.setAttribute('width', percent(tenths / 10))
  width('was', comparison?.before.tenths ?? 0)
  width('is', score?.tenths ?? 0)
}

function remarkLines({ remarks }: Assessment) {
  return remarks.map((what) => fromTemplate('note', { where: undefined, what }))
}

function noteLines({ notes, refused }: Assessment) {
  return notes
    .filter(({ message }) => !refused?.endsWith(message))
    .map(({ where, message, meant }) =>
      fromTemplate('note', { where, what: meant ? `${message}; did you mean ${meant}?` : message }),
    )
}

function profileLine(result: Assessment | undefined) {
  const hit = result && result.name !== unnamed ? match(result.name) : undefined
  if (!hit) return []
  const { id, name, before, after, isSkip } = hit.known
  const line = fromTemplate('profile', {
    link: name,
    figures: isSkip
      ? ', with the reasons to leave it alone'
      : after && `, measured from ${before} to ${after} with everything still working`,
  })
  line.querySelector('a')!.href = `/${id}/`
  return [line]
}
