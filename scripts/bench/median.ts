import { quantileOf } from './quantile.ts'

export function medianOf(values: number[]): number {
  return quantileOf(values, 0.5)
}
