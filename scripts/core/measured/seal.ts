import type { Measured } from './types.ts'

/** What stands in for a measurement when it is sealed: every figure, keys sorted, the seal itself left out. */
export function sealedText({ seal: _, ...rest }: Measured): string {
  return JSON.stringify(sorted(rest))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted((value as Record<string, unknown>)[key])]),
  )
}
