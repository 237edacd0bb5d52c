import { areKeysOn, onKey, setKeys } from './keys.ts'

const toggle = document.querySelector<HTMLButtonElement>('[data-keys-toggle]')

function show() {
  if (toggle) toggle.textContent = `Single-key shortcuts: ${areKeysOn() ? 'on' : 'off'}`
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
