import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Problem } from './core/problem.ts'

const file = 'profiles/drafts.yaml'

export interface Drafts {
  /** Ids of profiles that are not proven yet, each with what is missing: they are neither checked nor published. */
  drafts: Record<string, string>
  problems: Problem[]
}

/** Reads profiles/drafts.yaml; `ids` are the directories under profiles/. */
export function readDrafts(root: string, ids: string[]): Drafts {
  const path = join(root, file)
  const drafts = existsSync(path) ? (parse(readFileSync(path, 'utf8')) as unknown) : {}
  const say = (message: string, fix: string): Problem => {
    return { path: file, line: 1, col: 1, message, fix, rule: 'drafts' }
  }
  if (!isTexts(drafts)) {
    return {
      drafts: {},
      problems: [say('not a list of drafts', 'write lines like `id: what is missing`')],
    }
  }
  const gone = Object.keys(drafts).filter((id) => !ids.includes(id))
  const problems = gone.map((id) => say(`there is no profile ${id}`, 'remove its line'))
  return { drafts, problems }
}

/** The file with one more draft, among the others by its name. */
export function withDraft(text: string, id: string, missing: string): string {
  const lines = text.split('\n')
  const later = lines.findIndex((line) => /^[a-z]/.test(line) && line > `${id}:`)
  const end = lines.at(-1) === '' ? lines.length - 1 : lines.length
  return lines.toSpliced(later < 0 ? end : later, 0, `${id}: ${missing}`).join('\n')
}

function isTexts(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((text) => typeof text === 'string' && text.trim() !== '')
}
