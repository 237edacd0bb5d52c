import { parseMeasured } from './measured/parse.ts'
import type { Measured } from './measured/types.ts'
import { parseProfile } from './profile/parse.ts'
import type { Profile } from './profile/types.ts'
import { sortProblems } from './problem.ts'
import type { Problem } from './problem.ts'
import { measurementRules, profileRules } from './rules/index.ts'
import type { Context, Finding, Rule } from './rules/rule.ts'

/** The text of one directory under profiles/; undefined where a file is missing. */
export interface ProfileSource {
  id: string
  /** As it is printed before the file's name: `profiles/nginx`. */
  directory: string
  profile: string
  probe?: string | undefined
  measured?: string | undefined
}

export type World = Pick<
  Context,
  'catalogue' | 'attacks' | 'platforms' | 'names' | 'digest' | 'score'
>

export interface CheckedProfile {
  profile?: Profile
  measured?: Measured
  problems: Problem[]
}

/** Reads one profile with its measurement and tells everything that is wrong, in the order of the text. */
export function checkProfile(source: ProfileSource, world: World): CheckedProfile {
  const path = `${source.directory}/profile.yaml`
  const { file, problems, profile } = parseProfile(path, source.profile, source.id)
  if (!profile) return { problems: sortProblems(problems) }
  const record = source.measured
    ? parseMeasured(`${source.directory}/measured.yaml`, source.measured)
    : undefined
  const context: Context = {
    ...world,
    id: source.id,
    profile,
    probe: source.probe ?? '',
    keyAt: file.keyAt,
    valueAt: file.valueAt,
    measuredAt: record?.file.valueAt ?? (() => ({ line: 1, col: 1 })),
    ...(record?.measured && { measured: record.measured }),
  }
  const found = run(profileRules, context, source.directory)
  if (source.probe === undefined) found.push(noProbe(source.directory))
  if (record) found.push(...record.problems)
  const isRight = found.length === 0
  if (isRight) found.push(...run(measurementRules, context, source.directory))
  return {
    profile,
    ...(record?.measured && { measured: record.measured }),
    problems: sortProblems(found),
  }
}

/** What the rules find in one profile, as problems of its files. */
export function run(rules: Rule[], context: Context, directory: string): Problem[] {
  return rules.flatMap((rule) =>
    rule.check(context).map((finding) => asProblem(finding, rule.name, directory)),
  )
}

function asProblem(finding: Finding, rule: string, directory: string): Problem {
  const { file = 'profile.yaml', line, col, message, fix } = finding
  return { path: `${directory}/${file}`, line, col, message, fix, rule }
}

function noProbe(directory: string): Problem {
  return {
    path: `${directory}/probe.bats`,
    line: 1,
    col: 1,
    message: 'the profile has no probe',
    fix: 'write the checks that show the service still works',
    rule: 'probe',
  }
}
