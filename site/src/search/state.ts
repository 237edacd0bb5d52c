/** Everything that the address remembers of the list. An empty text means no wish. */
export interface State {
  q: string
  category: string
  level: string
  platform: string
  advice: string
  sort: string
}

export const filters = ['category', 'level', 'platform', 'advice'] as const
const keys = ['q', ...filters, 'sort'] as const

export function readState(search: string): State {
  const given = new URLSearchParams(search)
  return Object.fromEntries(keys.map((key) => [key, given.get(key) ?? ''])) as unknown as State
}

/** The shortest query part that means the same; empty for the whole list. */
export function writeState(state: State): string {
  const wishes = keys.filter((key) => state[key].trim() !== '').map((key) => [key, state[key]])
  const text = new URLSearchParams(wishes).toString()
  return text && `?${text}`
}
