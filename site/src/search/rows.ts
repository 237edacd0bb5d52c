import type { Advice, Facts } from './facets.ts'
import type { Doc } from './rank.ts'

// The list in the HTML is the data: it is there before any script and needs no second download.

export function docOf(row: HTMLLIElement): Doc {
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

export function factsOf({ dataset }: HTMLLIElement): Facts {
  return {
    category: dataset['category'] ?? '',
    level: dataset['level'] ?? '',
    platform: (dataset['platforms'] ?? '').split(' '),
    advice: dataset['advice'] as Advice,
    before: parseFloat(dataset['before'] ?? ''),
    after: parseFloat(dataset['after'] ?? ''),
  }
}
