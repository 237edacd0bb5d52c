import type { Problem } from './problem.ts'
import { idForm, reservedIds } from './rules/id.ts'
import { readYaml, textOnly } from './yaml/document.ts'

/** Ids that were given up, each with the one that took its place. */
export type Renamed = Record<string, string>

/** profiles/renamed.yaml to its pairs, or to what is wrong with it. `ids` are the profiles that there are. */
export function parseRenamed(
  path: string,
  text: string,
  ids: string[],
): { renamed: Renamed; problems: Problem[] } {
  const file = readYaml(path, text)
  const { data, problems } = file
  if (problems.length > 0 || data === null) return { renamed: {}, problems }
  const say = (at: { line: number; col: number }, message: string, fix: string) =>
    problems.push({ path, ...at, message, fix, rule: 'renamed' })
  if (typeof data !== 'object' || Array.isArray(data)) {
    say({ line: 1, col: 1 }, 'these are no renamed ids', 'write each as old-id: new-id')
    return { renamed: {}, problems }
  }
  problems.push(...textOnly(file, text))
  if (problems.length > 0) return { renamed: {}, problems }
  const renamed = data as Renamed
  for (const [old, now] of Object.entries(renamed)) {
    const at = file.keyAt([old])
    if (!idForm.test(old) || reservedIds.includes(old)) {
      say(at, `"${old}" cannot have been an id`, 'write the id as it was')
    } else if (ids.includes(old)) {
      say(at, `${old} is a profile again`, 'give the new profile another id')
    }
    if (!ids.includes(now)) {
      const next = Object.hasOwn(renamed, now) ? renamed[now] : undefined
      const fix = next ? `write ${next}, its id by now` : 'name the profile that took its place'
      say(file.valueAt([old]), `there is no profile ${now}`, fix)
    }
  }
  return { renamed, problems }
}
