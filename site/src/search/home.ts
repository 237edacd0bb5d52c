import { count } from '../wording/text.ts'
import { createSearch } from './rank.ts'
import type { Doc } from './rank.ts'

const form = document.querySelector<HTMLFormElement>('[data-search-form]')!
const field = form.querySelector<HTMLInputElement>('[data-search]')!
const found = form.querySelector<HTMLElement>('[data-found]')!
const list = document.querySelector<HTMLUListElement>('[data-list]')!
const none = document.querySelector<HTMLElement>('[data-none]')!
const noneQuery = none.querySelector<HTMLElement>('[data-none-query]')!

const rows = [...list.querySelectorAll<HTMLLIElement>('li')]
const rowOf = new Map(rows.map((row) => [row.dataset['id']!, row]))
const search = createSearch(rows.map(docOf))
const all = found.textContent

/** The list in the HTML is the data: it is there before any script and needs no second download. */
function docOf(row: HTMLLIElement): Doc {
  const text = (part: string) => row.querySelector(`[data-${part}]`)?.textContent ?? ''
  return {
    id: row.dataset['id']!,
    name: text('name'),
    units: row.dataset['units']!.split(' '),
    keywords: row.dataset['keywords']!.split('|'),
    category: text('category'),
    summary: text('summary'),
  }
}

function show(query: string) {
  const ids = search(query)
  const hits = ids.map((id) => rowOf.get(id)!)
  list.replaceChildren(...hits)
  list.hidden = hits.length === 0
  none.hidden = hits.length > 0
  noneQuery.textContent = query.trim()
  found.textContent = query.trim() ? `${count(hits.length, 'service')} of ${rows.length}` : all
}

function remember(query: string) {
  const url = new URL(location.href)
  if (query.trim()) url.searchParams.set('q', query)
  else url.searchParams.delete('q')
  history.replaceState(history.state, '', url)
}

const links = () => [...list.querySelectorAll<HTMLAnchorElement>('a')]

/** Arrow keys walk from the field through the hits and back. */
function move(event: KeyboardEvent) {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const stops: HTMLElement[] = [field, ...links()]
  const at = stops.indexOf(document.activeElement as HTMLElement)
  if (at < 0) return
  const next = stops[at + (event.key === 'ArrowDown' ? 1 : -1)]
  event.preventDefault()
  next?.focus()
}

field.addEventListener('input', () => {
  show(field.value)
  remember(field.value)
})
form.addEventListener('submit', (event) => {
  event.preventDefault()
  if (field.value.trim()) links()[0]?.click()
})
field.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || field.value === '') return
  event.preventDefault()
  field.value = ''
  field.dispatchEvent(new Event('input'))
})
document.addEventListener('keydown', move)

form.querySelector<HTMLElement>('[data-search-key]')!.hidden = false
field.value = new URL(location.href).searchParams.get('q') ?? ''
if (field.value) show(field.value)
