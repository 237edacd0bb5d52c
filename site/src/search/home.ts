import { count } from '../wording/text.ts'
import { inOrder, meets } from './facets.ts'
import { allRows, list, showRows } from './list.ts'
import { createSearch } from './rank.ts'
import { docOf, factsOf } from './rows.ts'
import { readState, writeState } from './state.ts'
import type { State } from './state.ts'
import { walkWithArrows } from './walk.ts'

const form = document.querySelector<HTMLFormElement>('[data-search-form]')!
const field = form.querySelector<HTMLInputElement>('[data-search]')!
const found = form.querySelector<HTMLElement>('[data-found]')!
const none = document.querySelector<HTMLElement>('[data-none]')!

const rows = allRows.map((row) => ({ row, facts: factsOf(row) }))
const byId = new Map(rows.map((item) => [item.row.dataset['id']!, item]))
const search = createSearch(rows.map(({ row }) => docOf(row)))
const all = found.textContent

function show(state: State) {
  const matching = search(state.q).map((id) => byId.get(id)!)
  const hits = inOrder(
    matching.filter(({ facts }) => meets(facts, state)),
    state.sort,
  )
  showRows(hits.map(({ row }) => row))
  list.hidden = hits.length === 0
  found.textContent = writeState(state) ? `${count(hits.length, 'service')} of ${rows.length}` : all
  none.hidden = hits.length > 0
  const isFiltered = matching.length > 0
  none.querySelector<HTMLElement>('[data-none-words]')!.hidden = isFiltered
  none.querySelector<HTMLElement>('[data-none-choices]')!.hidden = !isFiltered
  none.querySelector('[data-none-query]')!.textContent = state.q.trim()
  none.querySelector('[data-none-count]')!.textContent = count(matching.length, 'service')
}

const controls = () => [...form.elements].filter((item) => 'name' in item && item.name !== '')

function update() {
  const given = new URLSearchParams(new FormData(form) as unknown as Record<string, string>)
  const state = readState(given.toString())
  show(state)
  history.replaceState(history.state, '', `${location.pathname}${writeState(state)}`)
}

function fill(state: State) {
  for (const control of controls() as (HTMLInputElement | HTMLSelectElement)[]) {
    control.value = state[control.name as keyof State]
  }
}

form.addEventListener('input', update)
form.addEventListener('submit', (event) => {
  event.preventDefault()
  if (field.value.trim()) list.querySelector('a')?.click()
})
field.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || field.value === '') return
  event.preventDefault()
  field.value = ''
  update()
})
none.querySelector('[data-none-clear]')!.addEventListener('click', () => {
  fill({ ...readState(''), q: field.value })
  update()
  field.focus()
})
walkWithArrows(field, () => [...list.querySelectorAll('a')])

const asked = readState(location.search)
fill(asked)
if (writeState(asked)) show(asked)
