import { readScorePlatforms } from '../lab/platforms.ts'
import { whyNotHere } from '../lab/require-host.ts'
import { randomQuestions } from '../lab/score-comparison.ts'
import { comparePlatform } from '../lab/score-platform.ts'
import type { Figure, Section } from './figure.ts'

const cases = 500

/** The scorer against `systemd-analyze security`, row by row, on random units that are new each time. */
export const benchSystemd: Section = async (progress) => {
  const why = whyNotHere()
  if (why !== undefined) {
    progress(`the scorer is not held against systemd: ${why}`)
    return []
  }
  const seed = Math.floor(Math.random() * 2 ** 31)
  const context = { signal: new AbortController().signal, progress, track: () => undefined }
  const questionsFor = (systemd: string, offline: boolean) =>
    randomQuestions({ systemd, cases, seed, offline })
  const figures: Figure[] = []
  for (const platform of readScorePlatforms()) {
    progress(`asking the systemd of ${platform.id}`)
    const modes = await comparePlatform(platform, questionsFor, context)
    for (const { version, mode, units, differences } of modes) {
      for (const difference of differences) progress(difference)
      figures.push({
        what: `scorer and systemd ${version}, ${mode}, ${units} units, where they differ`,
        value: differences.length,
        unit: 'units',
        bar: 0,
      })
    }
  }
  return figures
}
