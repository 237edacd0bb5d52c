import { recordText } from '../core/score/recorded.ts'
import { UsageError } from '../usage.ts'
import { replaceFile } from './cache.ts'
import type { Context, Flags } from './context.ts'
import { findPlatform, readScorePlatforms } from './platforms.ts'
import type { Question } from './score-cases.ts'
import { randomQuestions } from './score-comparison.ts'
import { comparePlatform } from './score-platform.ts'
import { readUnits } from './unit-directory.ts'

/** Holds the scorer against the systemd of each platform, live and offline, on random units or on those of a directory. */
export async function scoreCheck(rest: string[], flags: Flags, context: Context): Promise<number> {
  if (rest.length > 0) throw new UsageError(`score-check takes no ${rest.join(' ')}`)
  const platforms = readScorePlatforms()
  const chosen = flags.platform ? [findPlatform(flags.platform, platforms)] : platforms
  const cases = readCount('cases', flags.cases ?? '1000')
  const seed = readCount('seed', flags.seed ?? String(Math.floor(Math.random() * 2 ** 31)))
  const { units } = flags
  const questionsFor = (systemd: string, offline: boolean): Question[] =>
    units === undefined
      ? randomQuestions({ systemd, cases, seed, offline })
      : readUnits(units).map((unit) => ({ ...unit, systemd, offline, distinct: !offline }))
  const found = []
  for (const platform of chosen) {
    for (const comparison of await comparePlatform(platform, questionsFor, context)) {
      const { version, mode, units: compared, refused, differences } = comparison
      process.stdout.write(
        `${platform.id} (systemd ${version}) ${mode}: ${compared} units, ${refused} of them refused by systemd, ${differences.length} differences\n`,
      )
      for (const difference of differences) process.stdout.write(`${difference}\n`)
      found.push(comparison)
    }
  }
  if (units === undefined) context.progress(`from seed ${seed}`)
  if (flags.record !== undefined)
    replaceFile(flags.record, recordText(found.flatMap(({ recorded }) => recorded)))
  return found.some(({ differences }) => differences.length > 0) ? 1 : 0
}

function readCount(name: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new UsageError(`--${name} is ${JSON.stringify(text)}; write a whole number`)
}
