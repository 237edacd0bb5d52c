/** Runs so many pieces of work at a time; what comes later waits its turn, the first that came first. */
export interface Pool {
  run<T>(work: () => Promise<T>): Promise<T>
}

export function createPool(size: number): Pool {
  const waiting: (() => void)[] = []
  let free = size
  return {
    async run(work) {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else free++
      }
    },
  }
}
