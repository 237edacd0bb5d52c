import Fuse from 'fuse.js/min-basic'
import { editDistance } from '../../../scripts/core/yaml/nearest.ts'
import { normalise, wordsOf } from './normalise.ts'

/** What is searched of one entry. */
export interface Doc {
  id: string
  name: string
  units: string[]
  keywords: string[]
  category: string
  summary: string
}

interface Prepared {
  id: string
  /** What the service is called: name, id, units. */
  names: string[]
  /** How else people look for it. */
  aliases: string[]
  /** Words it is described by. */
  prose: string[]
  /** Every single word that a typing error may have been meant for. */
  words: string[]
}

/** Costs: the smaller, the nearer. A typing error always costs more than a plain hit. */
const exact = 0
const prefix = 1
const inside = 2
const described = 3
const mistyped = 5

/**
 * Answers queries with ids, best first. Every word of the query must be met somewhere; where no service meets them all,
 * one that is called by name is the answer, and the rest are words of an error or of a question.
 */
export function createSearch(docs: Doc[]): (query: string) => string[] {
  const prepared = docs.map(prepare)
  const misspelt = createMisspelt(prepared)
  return (query) => {
    const words = wordsOf(query)
    if (words.length === 0) return docs.map(({ id }) => id)
    const costs = words.map((word) => costsOf(word, prepared, misspelt))
    const whole = words.join(' ')
    const hits = prepared
      .map((doc, index) => {
        const sum = costs.reduce((total, cost) => total + cost[index]!, 0)
        return { id: doc.id, cost: Math.min(sum, words.length > 1 ? plain(whole, doc) : Infinity) }
      })
      .filter(({ cost }) => cost < Infinity)
      .toSorted((a, b) => a.cost - b.cost)
      .map(({ id }) => id)
    return hits.length > 0 ? hits : named(words, prepared)
  }
}

/** The services that a word names exactly, those of the earliest word first. */
function named(words: string[], docs: Prepared[]): string[] {
  const ids = words.flatMap((word) =>
    docs.filter(({ names, aliases }) => [...names, ...aliases].includes(word)).map(({ id }) => id),
  )
  return [...new Set(ids)]
}

/** The cost of one word for every entry; typing errors count only where nobody is meant plainly. */
function costsOf(word: string, docs: Prepared[], misspelt: Misspelt): number[] {
  const costs = docs.map((doc) => plain(word, doc))
  if (word.length < 3 || costs.some((cost) => cost < Infinity)) return costs
  for (const [index, score] of misspelt(word)) {
    costs[index] = mistyped + slips(word, docs[index]!) + score / 100
  }
  return costs
}

/** The entries with a word that may have been meant, and how far the nearest is: 0 is the same, 1 another altogether. */
type Misspelt = (word: string) => Map<number, number>

/** Each word is looked at once, however many entries have it. */
function createMisspelt(docs: Prepared[]): Misspelt {
  const owners = new Map<string, number[]>()
  for (const [index, { words }] of docs.entries()) {
    for (const word of words) owners.set(word, [...(owners.get(word) ?? []), index])
  }
  const fuse = new Fuse([...owners.keys()], {
    includeScore: true,
    threshold: 0.4,
    ignoreLocation: true,
    minMatchCharLength: 2,
  })
  return (word) => {
    const nearest = new Map<number, number>()
    for (const { item, score = 1 } of fuse.search(word)) {
      for (const index of owners.get(item)!) {
        nearest.set(index, Math.min(score, nearest.get(index) ?? 1))
      }
    }
    return nearest
  }
}

/** How many slips of the fingers a word is from one of a service's own, for its length; a part of a name counts less. */
function slips(word: string, { names, aliases, words }: Prepared): number {
  const least = (items: string[]) =>
    items.reduce((least, item) => {
      const length = Math.max(word.length, item.length)
      return Math.min(least, editDistance(word, item, least * length) / length)
    }, 1)
  return Math.min(least(names), least(aliases) + 0.05, least(words) + 0.05)
}

/** The cost of a text that is there letter by letter, or begins something that is. */
function plain(text: string, { names, aliases, prose }: Prepared): number {
  const near = (items: string[]) => {
    if (items.includes(text)) return exact
    const begun = items.filter((item) => item.startsWith(text))
    if (begun.length > 0) return prefix - 1 / Math.min(...begun.map((item) => item.length))
    return items.some((item) => item.includes(text)) ? inside : Infinity
  }
  const asAlias = near(aliases) + 0.1
  const asProse = prose.some((item) => item.startsWith(text)) ? described : Infinity
  return Math.min(near(names), asAlias, asProse)
}

function prepare({ id, name, units, keywords, category, summary }: Doc): Prepared {
  const names = [name, id, ...units].map(normalise)
  const aliases = keywords.map(normalise)
  const prose = normalise(`${category} ${summary}`).split(' ')
  const words = [...names, ...aliases].flatMap((text) => [text, ...text.split(' ')])
  return { id, names, aliases, prose, words: [...new Set(words)] }
}
