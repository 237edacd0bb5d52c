/** The candidate that a misspelt word most likely meant, if one is near enough to be worth saying. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  let best: string | undefined
  let bestDistance = Math.min(3, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase(), bestDistance)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best ?? [...candidates].find((candidate) => sameWords(candidate, word))
}

/** `CAP_SET_UID` and `CAP_SETUID`, `ProtectHomes` and `ProtectHome`: alike but for marks and a plural. */
function sameWords(left: string, right: string): boolean {
  const bare = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9@]/g, '')
      .replace(/s$/, '')
  return bare(left) === bare(right)
}

/** Optimal string alignment distance (a swap of neighbours counts one), given up at `limit`. */
export function editDistance(left: string, right: string, limit = Infinity): number {
  if (Math.abs(left.length - right.length) >= limit) return limit
  let before: number[] = []
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let col = 1; col <= right.length; col++) {
      const same = left[row - 1] === right[col - 1]
      let cost = Math.min(
        previous[col]! + 1,
        current[col - 1]! + 1,
        previous[col - 1]! + (same ? 0 : 1),
      )
      if (
        row > 1 &&
        col > 1 &&
        left[row - 1] === right[col - 2] &&
        left[row - 2] === right[col - 1]
      )
        cost = Math.min(cost, before[col - 2]! + 1)
      current.push(cost)
    }
    if (Math.min(...current) >= limit) return limit
    before = previous
    previous = current
  }
  return previous[right.length]!
}
