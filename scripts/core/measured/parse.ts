import type { Problem } from '../problem.ts'
import { readYaml } from '../yaml/document.ts'
import type { YamlFile } from '../yaml/document.ts'
import { checkShape } from '../yaml/shape.ts'
import schema from '../../../schema/measured.schema.json' with { type: 'json' }
import type { Measured } from './types.ts'

/** The text of measured.yaml to its figures, or to what is wrong with its form. Never throws. */
export function parseMeasured(
  path: string,
  text: string,
): { file: YamlFile; problems: Problem[]; measured?: Measured } {
  const file = readYaml(path, text)
  const problems = file.problems.length > 0 ? file.problems : checkShape(file, schema)
  if (problems.length > 0) return { file, problems }
  return { file, problems, measured: file.data as Measured }
}
