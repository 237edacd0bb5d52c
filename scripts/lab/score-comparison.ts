import { generateCase } from '../core/score/generate.ts'
import { loadTables } from '../core/score/index.ts'
import { answerDifferences, ourAnswer } from '../core/score/recorded.ts'
import type { Machine } from './machine.ts'
import { askSystemd, type Question } from './score-cases.ts'

export interface ScoreComparison {
  cases: number
  refused: number
  /** Each with the unit as JSON, so that it can be tried again. */
  differences: string[]
  /** What systemd said, question by question. */
  answers: string[]
}

/** Asks the machine's systemd about each unit and holds the scorer against it. */
export async function compareScores(
  machine: Pick<Machine, 'run'>,
  questions: Question[],
  progress?: (done: number) => void,
): Promise<ScoreComparison> {
  for (const systemd of new Set(questions.map((question) => question.systemd)))
    await loadTables(systemd)
  const answers = await askSystemd(machine, questions, progress)
  const differences = questions.flatMap((question, index) => {
    const found = answerDifferences(answers[index]!, ourAnswer(question), question.systemd)
    return found.length > 0 ? [`${found.join('; ')}: ${JSON.stringify(question)}`] : []
  })
  const refused = answers.filter((answer) => answer === 'refused').length
  return { cases: questions.length, refused, differences, answers }
}

/** Random units, the same ones for the same seed. */
export function randomQuestions({
  systemd,
  cases,
  seed,
  offline,
}: {
  systemd: string
  cases: number
  seed: number
  offline: boolean
}): Question[] {
  return Array.from({ length: cases }, (_, index): Question => {
    // The live manager sees all units at once. Offline, one in 20 may have a name with a meaning, or shared directories.
    const distinct = !offline || index % 20 > 0
    const prefix = distinct ? `c${index}-` : ''
    return { ...generateCase(seed + index, { prefix }), systemd, offline, distinct }
  }).filter((question) => !crashes(question))
}

/** Loading Type=dbus without a BusName ends the whole of 247 with a failed assertion. */
function crashes({ systemd, offline, ...files }: Question): boolean {
  return systemd === '247' && !offline && JSON.stringify(files).includes('dbus')
}
