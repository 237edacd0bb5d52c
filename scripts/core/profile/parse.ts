import type { Problem } from '../problem.ts'
import { readYaml, textOnly } from '../yaml/document.ts'
import type { YamlFile } from '../yaml/document.ts'
import { checkShape } from '../yaml/shape.ts'
import schema from '../../../schema/profile.schema.json' with { type: 'json' }
import type { Profile } from './types.ts'

export interface ParsedProfile {
  file: YamlFile
  problems: Problem[]
  /** Only where there is no problem of form; its meaning is for the rules. */
  profile?: Profile
}

/** YAML text to a profile, or to everything that is wrong with its form. Never throws. */
export function parseProfile(path: string, text: string, id: string): ParsedProfile {
  const file = readYaml(path, text)
  if (file.problems.length > 0) return { file, problems: file.problems }
  if (!isPlainObject(file.data)) {
    const message = 'the file holds no keys'
    const problem = { path, line: 1, col: 1, message, fix: 'see profiles/README.md', rule: 'shape' }
    return { file, problems: [problem] }
  }
  const misread = textOnly(file, text)
  const seen = new Set(misread.map(({ line, col }) => `${line}:${col}`))
  const shape = checkShape(file, schema).filter(({ line, col }) => !seen.has(`${line}:${col}`))
  const problems = [...misread, ...shape]
  if (problems.length > 0) return { file, problems }
  return { file, problems, profile: { ...(file.data as Omit<Profile, 'id'>), id } }
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
