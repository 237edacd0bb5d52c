import { areKeysOn, onKey, setKeys } from './keys.ts'

const hint = document.querySelector<HTMLElement>('[data-keys]')
const toggle = document.querySelector<HTMLButtonElement>('[data-keys-toggle]')

function show() {
  if (!hint || !toggle) return
  const on = areKeysOn()
  hint.hidden = false
  toggle.textContent = `Single-key shortcuts: ${on ? 'on' : 'off'}`
}

toggle?.addEventListener('click', () => {
  setKeys(!areKeysOn())
  show()
})
show()

onKey('/', () => {
  const field = document.querySelector<HTMLInputElement>('[data-search]')
  field?.focus()
  field?.select()
})
