/** A part that broke what worked without it, with what was seen. */
export interface Culprit<T, F> {
  part: T
  failure: F
}

/**
 * Finds which parts cannot be had, by trying halves: the parts that pass together are kept, and each of the others
 * is told with what failed when it was added to those. Few bad ones among many take few tries. Parts that are likely to
 * be bad come after the rest, one by one.
 */
export async function findCulprits<T, F>(
  parts: T[],
  /** Undefined where everything passes with these. */
  fails: (parts: T[]) => Promise<F | undefined>,
  isLikely?: (part: T) => boolean,
): Promise<{ kept: T[]; culprits: Culprit<T, F>[] }> {
  const kept: T[] = []
  const culprits: Culprit<T, F>[] = []
  const settle = async (some: T[], isKnownBad = false): Promise<void> => {
    if (some.length === 0) return
    if (!isKnownBad || some.length === 1) {
      const failure = await fails([...kept, ...some])
      if (failure === undefined) {
        kept.push(...some)
        return
      }
      if (some.length === 1) {
        culprits.push({ part: some[0] as T, failure })
        return
      }
    }
    const middle = Math.ceil(some.length / 2)
    await settle(some.slice(0, middle))
    await settle(some.slice(middle))
  }
  if (isLikely) {
    await settle(parts.filter((part) => !isLikely(part)))
    for (const part of parts.filter(isLikely)) await settle([part])
  } else await settle(parts, true)
  return { kept, culprits }
}
