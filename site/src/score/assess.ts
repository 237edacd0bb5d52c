import { nextSteps, parseUnit, ScoreError, scoreUnit } from '../../../scripts/core/score/index.ts'
import type { Note, UnitScore } from '../../../scripts/core/score/index.ts'
import type { NextSteps } from '../../../scripts/core/score/next.ts'
import { nextGoal } from '../../../scripts/core/score/report.ts'
import { compareUnits } from './compare.ts'
import type { Comparison } from './compare.ts'
import { asUnit, onTop, readPaste, unnamed } from './read-paste.ts'
import type { Paste } from './read-paste.ts'

/** All that the page shows of its two texts. */
export interface Assessment {
  name: string
  remarks: string[]
  notes: { where: string; message: string; meant?: string | undefined }[]
  /** Why there is no score. */
  refused?: string
  score?: UnitScore
  comparison?: Comparison
  next?: NextSteps & { goal: string }
}

/** Undefined while there is nothing to score; a second text that is empty is none. */
export function assess(text: string, second: string, systemd: string): Assessment | undefined {
  const pasted = readPaste(text)
  if (!pasted) return undefined
  const before = asUnit(pasted)
  const other = readPaste(second)
  const after = other && asUnit(onTop(before, other))
  const shown = after ?? before
  const { name, remarks } = shown
  const result: Assessment = { name, remarks, notes: [] }
  try {
    result.notes = parseUnit({ ...shown, systemd }).notes.map((note) => placed(note, shown))
    const score = scoreUnit({ ...shown, systemd })
    if (after) result.comparison = compareUnits({ ...before, systemd }, { ...after, systemd })
    const goal = nextGoal(score.tenths)
    result.next = { ...nextSteps({ ...shown, systemd }, { level: goal }), goal }
    result.score = score
  } catch (error) {
    if (!(error instanceof ScoreError)) throw error
    result.refused = error.message
  }
  return result
}

/** A line as the reader counts it: lines put in front do not count, and a text without a name has none. */
function placed({ path, line, message, meant }: Note, { name, added }: Paste) {
  const isOwn = path === name
  const number = isOwn ? line - added : line
  const isNamed = (isOwn && name !== unnamed) || path.includes('/')
  return { where: isNamed ? `${path}:${number}` : `line ${number}`, message, meant }
}
