import { formatTenths } from '../../../scripts/core/score/level.ts'
import type { Step } from '../../../scripts/core/score/next.ts'
import { fromTemplate } from '../rendering/template.ts'
import { count } from '../wording/text.ts'
import type { Assessment } from './assess.ts'

const section = document.querySelector<HTMLElement>('[data-steps]')!
const list = section.querySelector<HTMLElement>('[data-step-list]')!
const way = section.querySelector<HTMLElement>('[data-way]')!
const details = section.querySelector<HTMLElement>('[data-way-details]')!

export function showSteps(result: Assessment | undefined) {
  const { next, score } = result ?? {}
  section.hidden = !next || next.steps.length === 0
  if (!next || !score) return
  const { path, reached, goal } = next
  list.replaceChildren(...next.steps.map(stepItem))
  way.textContent = wording(path, reached, goal, score.level)
  details.hidden = !reached || path.length === 0
  section.querySelector('#way')!.textContent =
    `[Service]\n${path.flatMap(({ lines }) => lines).join('\n')}\n`
}

function stepItem({ directive, lines, closes, gain, exposure }: Step) {
  const link = document.createElement('a')
  link.href = `/directives/${directive}/`
  link.textContent = directive
  const [first = '', ...rest] = lines
  const item = fromTemplate('step', {
    lines: [link, new Text([first.slice(directive.length), ...rest].join('\n'))],
    closes: `closes ${count(closes.length, 'row')}`,
    gain: gain > 0 ? `−${formatTenths(gain)}` : '<0.1',
    then: `to ${exposure}`,
    what: ` ${directive}`,
  })
  item.querySelector<HTMLElement>('[data-add]')!.dataset['add'] = lines.join('\n')
  return item
}

function wording(path: Step[], reached: boolean, goal: string, level: string): string {
  if (!reached) return `${goal} cannot be reached with these lines alone.`
  if (path.length === 0) return ''
  const steps = path.map(({ directive, exposure }) => `${directive} (${exposure})`).join(', ')
  return `From ${level} to ${goal} in ${count(path.length, 'step')}: ${steps}.`
}
