/** A small seeded source of random numbers (mulberry32), so that a case can be made again from its seed. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to, not including, `below`. */
  number(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below)
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.number(times) === 0
  }

  pick<T>(items: readonly T[]): T {
    return items[this.number(items.length)]!
  }

  some<T>(items: readonly T[], most: number): T[] {
    return Array.from({ length: 1 + this.number(most) }, () => this.pick(items))
  }
}
