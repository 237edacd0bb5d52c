import { loadTables } from '../../../scripts/core/score/index.ts'
import { assess } from './assess.ts'
import { example } from './example.ts'
import { readFragment, writeFragment } from './link.ts'
import { showChanges } from './show-changes.ts'
import { showRows } from './show-rows.ts'
import { showSteps } from './show-steps.ts'
import { showVerdict } from './show-verdict.ts'

const form = document.querySelector<HTMLFormElement>('[data-score-form]')!
const unit = form.querySelector<HTMLTextAreaElement>('#unit')!
const after = form.querySelector<HTMLTextAreaElement>('#after')!
const version = form.querySelector<HTMLSelectElement>('#systemd')!
const second = form.querySelector<HTMLElement>('[data-after]')!
const compare = form.querySelector<HTMLButtonElement>('[data-compare]')!
const said = form.querySelector<HTMLElement>('[data-said]')!

/** Long enough that a typist is not interrupted, short enough that it reads as at once. */
const pause = 80
let waiting: ReturnType<typeof setTimeout> | undefined

function soon() {
  clearTimeout(waiting)
  said.textContent = ''
  waiting = setTimeout(show, pause)
}

async function show() {
  const systemd = version.value
  await loadTables(systemd)
  if (systemd !== version.value) return
  const result = assess(unit.value, second.hidden ? '' : after.value, systemd)
  showVerdict(result, systemd)
  showChanges(result?.comparison)
  showSteps(result)
  showRows(result?.score)
}

function setCompare(on: boolean) {
  second.hidden = !on
  compare.setAttribute('aria-expanded', String(on))
  compare.textContent = on ? 'Score one version only' : 'Compare two versions'
}

function fill(text: string, other: string) {
  unit.value = text
  after.value = other
  setCompare(other !== '')
  soon()
}

const on = (name: string, action: () => unknown) =>
  form.querySelector(`[data-${name}]`)!.addEventListener('click', action)

form.addEventListener('input', soon)
form.addEventListener('submit', (event) => event.preventDefault())
on('compare', () => {
  setCompare(Boolean(second.hidden))
  if (!second.hidden) after.focus()
  soon()
})
on('example', () => fill(example, ''))
on('clear', () => {
  history.replaceState(history.state, '', location.pathname)
  fill('', '')
  unit.focus()
})
on('link', async () => {
  const text = second.hidden ? '' : after.value
  const shared = { unit: unit.value, after: text, systemd: version.value }
  history.replaceState(history.state, '', await writeFragment(shared))
  try {
    await navigator.clipboard.writeText(location.href)
    said.textContent = 'Copied. What follows # in it is sent to no server.'
  } catch {
    said.textContent = 'The browser refused to copy. The link is in the address bar.'
  }
})

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest<HTMLElement>('[data-add]') : null
  if (!button) return
  const box = second.hidden ? unit : after
  box.value = `${box.value.trimEnd()}\n\n[Service]\n${button.dataset['add']}\n`.trimStart()
  void show().then(() => document.querySelector<HTMLElement>('[data-add]')?.focus())
})

async function open() {
  const shared = await readFragment(location.hash)
  if (!shared) return unit.value ? soon() : undefined
  if ([...version.options].some(({ value }) => value === shared.systemd))
    version.value = shared.systemd
  fill(shared.unit, shared.after)
}
addEventListener('hashchange', open)
void open()
