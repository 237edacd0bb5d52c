import type { Recorded } from '../core/score/recorded.ts'
import type { Context } from './context.ts'
import { LabError } from './lab-error.ts'
import { withMachine } from './machine.ts'
import type { Platform } from './platforms.ts'
import type { Question } from './score-cases.ts'
import { compareScores } from './score-comparison.ts'

export interface PlatformComparison {
  /** The systemd that was asked, with Debian's revision. */
  version: string
  mode: 'live' | 'offline'
  units: number
  refused: number
  differences: string[]
  recorded: Recorded[]
}

/** Holds the scorer against the systemd of one platform, as the live manager scores units and as it does offline. */
export async function comparePlatform(
  platform: Platform,
  questionsFor: (systemd: string, offline: boolean) => Question[],
  { signal, progress, track }: Context,
): Promise<PlatformComparison[]> {
  const { id, systemd } = platform
  return withMachine({ platform, packages: [], signal, progress }, async (machine) => {
    const { stdout } = await machine.run('systemctl --version')
    const version = /\((\S+)\)/.exec(stdout)?.[1] ?? systemd
    if (!version.startsWith(systemd))
      throw new LabError(`${id} has systemd ${version}, not ${systemd}; correct its entry`)
    const comparisons: PlatformComparison[] = []
    // Until 250 systemd-analyze could not work offline.
    for (const offline of Number(systemd) < 250 ? [false] : [false, true]) {
      const mode = offline ? 'offline' : 'live'
      const questions = questionsFor(systemd, offline)
      const { answers, cases, refused, differences } = await compareScores(
        machine,
        questions,
        (done) => track(`${id} ${mode}`, done, questions.length),
      )
      const recorded = questions.map(({ distinct: _, ...question }, index) => ({
        ...question,
        answer: answers[index]!,
      }))
      comparisons.push({ version, mode, units: cases, refused, differences, recorded })
    }
    return comparisons
  })
}
