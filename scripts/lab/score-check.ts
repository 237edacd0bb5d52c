import { generateCase } from '../core/score/generate.ts'
import { loadTables } from '../core/score/index.ts'
import { answerDifferences, ourAnswer } from '../core/score/recorded.ts'
import type { Machine } from './machine.ts'
import { askSystemd, type Question } from './score-cases.ts'

export interface ScoreCheck {
  systemd: string
  cases: number
  refused: number
  /** Each with the unit as JSON, so that it can be tried again. */
  differences: string[]
}

/** Compares the scorer with the machine's systemd on random units, live or offline. */
export async function checkScore(
  machine: Pick<Machine, 'run'>,
  {
    systemd,
    cases,
    seed,
    offline,
  }: { systemd: string; cases: number; seed: number; offline: boolean },
  progress?: (done: number) => void,
): Promise<ScoreCheck> {
  await loadTables(systemd)
  const questions = Array.from({ length: cases }, (_, index): Question => {
    // The live manager sees all units at once: each gets a name and directories that no other one has.
    const prefix = offline ? '' : `c${index}-`
    return { ...generateCase(seed + index, { prefix }), systemd, offline }
  }).filter((question) => !crashes(question))
  const theirs = await askSystemd(machine, questions, progress)
  const differences = questions.flatMap((question, index) => {
    const found = answerDifferences(theirs[index]!, ourAnswer(question), systemd)
    return found.length > 0 ? [`${found.join('; ')}: ${JSON.stringify(question)}`] : []
  })
  return {
    systemd,
    cases: questions.length,
    refused: theirs.filter((answer) => answer === 'refused').length,
    differences,
  }
}

/** Loading Type=dbus without a BusName ends the whole of 247 with a failed assertion. */
function crashes({ systemd, offline, ...files }: Question): boolean {
  return systemd === '247' && !offline && JSON.stringify(files).includes('dbus')
}
