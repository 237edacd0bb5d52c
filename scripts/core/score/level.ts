const bounds: [number, string][] = [
  [100, 'DANGEROUS'],
  [90, 'UNSAFE'],
  [75, 'EXPOSED'],
  [50, 'MEDIUM'],
  [10, 'OK'],
  [1, 'SAFE'],
]

export const levels = [...bounds.map(([, level]) => level), 'PERFECT']

/** systemd's word for an exposure in tenths. */
export function levelOf(tenths: number): string {
  return bounds.find(([bound]) => tenths >= bound)?.[1] ?? 'PERFECT'
}

/** The highest exposure, in tenths, that still has this level. */
export function mostOf(level: string): number {
  const index = levels.indexOf(level)
  return index <= 0 ? 100 : bounds[index - 1]![0] - 1
}

export function formatTenths(tenths: number): string {
  return `${Math.floor(tenths / 10)}.${tenths % 10}`
}
