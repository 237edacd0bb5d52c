import { recordText, type Recorded } from '../core/score/recorded.ts'
import { UsageError } from '../usage.ts'
import { replaceFile } from './cache.ts'
import type { Context, Flags } from './context.ts'
import { LabError } from './lab-error.ts'
import { withMachine } from './machine.ts'
import { findPlatform, readScorePlatforms } from './platforms.ts'
import type { Platform } from './platforms.ts'
import type { Question } from './score-cases.ts'
import { compareScores, randomQuestions } from './score-comparison.ts'
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
  let different = 0
  const recorded: Recorded[] = []
  for (const platform of chosen) {
    const found = await checkPlatform(platform, questionsFor, context)
    different += found.different
    recorded.push(...found.recorded)
  }
  if (units === undefined) context.progress(`from seed ${seed}`)
  if (flags.record !== undefined) replaceFile(flags.record, recordText(recorded))
  return different > 0 ? 1 : 0
}

async function checkPlatform(
  platform: Platform,
  questionsFor: (systemd: string, offline: boolean) => Question[],
  { signal, progress, track }: Context,
): Promise<{ different: number; recorded: Recorded[] }> {
  const { id, systemd } = platform
  const recorded: Recorded[] = []
  let different = 0
  await withMachine({ platform, packages: [], signal, progress }, async (machine) => {
    const { stdout } = await machine.run('systemctl --version')
    const version = /\((\S+)\)/.exec(stdout)?.[1] ?? systemd
    if (!version.startsWith(systemd))
      throw new LabError(`${id} has systemd ${version}, not ${systemd}; correct its entry`)
    // Until 250 systemd-analyze could not work offline.
    for (const offline of Number(systemd) < 250 ? [false] : [false, true]) {
      const mode = offline ? 'offline' : 'live'
      const questions = questionsFor(systemd, offline)
      const { cases, refused, differences, answers } = await compareScores(
        machine,
        questions,
        (done) => track(`${id} ${mode}`, done, questions.length),
      )
      process.stdout.write(
        `${id} (systemd ${version}) ${mode}: ${cases} units, ${refused} of them refused by systemd, ${differences.length} differences\n`,
      )
      for (const difference of differences) process.stdout.write(`${difference}\n`)
      different += differences.length
      for (const [index, { distinct: _, ...question }] of questions.entries())
        recorded.push({ ...question, answer: answers[index]! })
    }
  })
  return { different, recorded }
}

function readCount(name: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new UsageError(`--${name} is ${JSON.stringify(text)}; write a whole number`)
}
