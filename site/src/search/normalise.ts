/** Words that people type and that say nothing about a service. */
const empty = new Set(['a', 'an', 'and', 'for', 'in', 'of', 'on', 'or', 'the', 'to', 'with'])

/** Lower case, without accents, a unit's instance and ending, or anything that is neither letter nor digit. */
export function normalise(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/@\S*|\.(service|socket)\b/g, '')
    .replace(/[^\p{L}\p{N}+]+/gu, ' ')
    .trim()
}

/** The words of a query; the empty ones only where there is nothing else. */
export function wordsOf(query: string): string[] {
  const words = normalise(query).split(' ').filter(Boolean)
  const telling = words.filter((word) => !empty.has(word))
  return telling.length > 0 ? telling : words
}
