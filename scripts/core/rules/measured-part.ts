import type { Context } from './rule.ts'

/** The command that makes a measurement right again. */
export function commandFor({ id }: Context): string {
  return `npm run lab -- measure ${id}`
}
