/** The value that so large a part of them does not exceed: 0.5 is the median. */
export function quantileOf(values: number[], part: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
