/** What a reader chose on a profile's page. */
export interface Choice {
  /** The last stage; empty for the whole drop-in. */
  stage: string
  options: string[]
  /** The unit by its name on the reader's release; empty for the usual one. */
  unit: string
}

export interface Choices {
  stages: string[]
  options: string[]
  units: string[]
}

/** What an address asks for; what the page does not have is not asked for. */
export function readChoice(search: string, { stages, options, units }: Choices): Choice {
  const given = new URLSearchParams(search)
  const one = (key: string, known: string[]) => {
    const value = given.get(key) ?? ''
    return known.includes(value) ? value : ''
  }
  const wanted = given.getAll('option')
  return {
    stage: one('stage', stages),
    options: options.filter((name) => wanted.includes(name)),
    unit: one('unit', units),
  }
}

/** The query part that means the same; empty for what the page shows by itself. */
export function writeChoice({ stage, options, unit }: Choice): string {
  const pairs = [
    ['stage', stage],
    ...options.map((name) => ['option', name]),
    ['unit', unit],
  ].filter(([, value]) => value !== '')
  return pairs.length > 0 ? `?${new URLSearchParams(pairs as [string, string][])}` : ''
}
