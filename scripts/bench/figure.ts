/** One line of the benchmark's table. */
export interface Figure {
  what: string
  value: number
  unit: string
  /** What it must not be above. */
  bar?: number
  /** Others doing the same in the same run, with the figure in the same unit. */
  peers?: { name: string; value: number }[]
}

/** Measures one part of the project; gives its figures. */
export type Section = (progress: (line: string) => void) => Promise<Figure[]>
