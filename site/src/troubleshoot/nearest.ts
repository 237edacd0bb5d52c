import type { Line } from './read-lines.ts'

/** A message on record, as far as finding it goes. */
export interface Recorded {
  /** What the service is called: id and name. */
  names: string[]
  message: string
}

export interface Hit<R> {
  recorded: R
  /** The line it is near to. */
  line: Line
  /** 1 for the same words. */
  nearness: number
}

/** Below this, two messages share hardly more than being errors. */
const far = 0.3
/** The same service says the same thing more often than another one. */
const sameService = 1.4

/** Prepares a search for the recorded messages that are nearest to what somebody pasted. */
export function createNearest<R extends Recorded>(
  all: R[],
): (lines: Line[], limit?: number) => Hit<R>[] {
  const docs = all.map(({ message }) => new Set(wordsOf(message)))
  const spread = new Map<string, number>()
  for (const word of docs.flatMap((doc) => [...doc])) spread.set(word, (spread.get(word) ?? 0) + 1)
  /** A word that few messages hold tells more; one that none holds tells that it is another message. */
  const weigh = (words: Iterable<string>) =>
    [...words].reduce((sum, word) => sum + Math.log(1 + all.length / (spread.get(word) ?? 1)), 0)
  const weights = docs.map(weigh)
  return (lines, limit = 6) => {
    const best = new Map<R, Hit<R>>()
    for (const line of lines) {
      const words = new Set(wordsOf(line.text))
      const weight = weigh(words)
      for (const [index, doc] of docs.entries()) {
        const shared = weigh(doc.intersection(words))
        if (shared === 0) continue
        const recorded = all[index]!
        const plain = shared / Math.sqrt(weight * weights[index]!)
        const nearness = Math.min(1, plain * (speaks(line, recorded) ? sameService : 1))
        if (nearness < far || nearness <= (best.get(recorded)?.nearness ?? 0)) continue
        best.set(recorded, { recorded, line, nearness })
      }
    }
    return [...best.values()].toSorted((a, b) => b.nearness - a.nearness).slice(0, limit)
  }
}

function speaks({ from, text }: Line, { names }: Recorded): boolean {
  const said = text.toLowerCase()
  return names.some((name) => {
    const known = name.toLowerCase()
    return (
      from.toLowerCase() === known ||
      said.startsWith(`${known}.service`) ||
      said.startsWith(`${known}:`)
    )
  })
}

/** Words and paths, without figures; a path also counts as the directory it is in. */
function wordsOf(text: string): string[] {
  const found = text.toLowerCase().match(/\/?[a-z_@][\w.@+-]*(?:\/[\w.@+-]*)*/g) ?? []
  return found.flatMap((word) => {
    const whole = word.replace(/[.:-]+$/, '')
    if (!whole.startsWith('/')) return whole.length > 1 ? [whole] : []
    return [whole, whole.split('/').slice(0, 3).join('/')]
  })
}
