import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseProfile } from './core/profile/parse.ts'
import { profileRules } from './core/rules/index.ts'
import { run } from './core/check.ts'
import type { Problem } from './core/problem.ts'
import { contextOf } from './testing.ts'

const fixtures = new URL('../schema/fixtures/', import.meta.url).pathname

/** What is wrong with a profile on its own: form and meaning, without a measurement. */
function problemsOf(path: string): Problem[] {
  const text = readFileSync(path, 'utf8')
  const id = /^# id: (.+)$/m.exec(text)?.[1] ?? 'example'
  const { problems, profile, file } = parseProfile('profile.yaml', text, id)
  if (!profile) return problems
  return run(profileRules, contextOf(profile, file), '.')
}

for (const name of readdirSync(join(fixtures, 'valid'))) {
  test(`fixture valid/${name} has no problem`, () => {
    assert.deepEqual(problemsOf(join(fixtures, 'valid', name)), [])
  })
}

const invalid = readdirSync(join(fixtures, 'invalid'))

for (const name of invalid) {
  test(`fixture invalid/${name} fails where its first line says`, () => {
    const path = join(fixtures, 'invalid', name)
    const [, rule, line, col] =
      /^# ([a-z-]+) (\d+)(?::(\d+))?/.exec(readFileSync(path, 'utf8')) ?? []
    assert.ok(rule && line, 'the first line names no rule and line')
    const problems = problemsOf(path)
    const at = problems.map((p) => [p.rule, p.line, ...(col ? [p.col] : [])].join(' '))
    const wanted = [rule, Number(line), ...(col ? [Number(col)] : [])].join(' ')
    assert.deepEqual([...new Set(at)], [wanted], JSON.stringify(problems, null, 1))
  })
}

test('there are at least 60 invalid fixtures, and every rule of profiles has one', () => {
  assert.ok(invalid.length >= 60, `${invalid.length}`)
  const named = invalid.map(
    (name) => readFileSync(join(fixtures, 'invalid', name), 'utf8').split(' ')[1],
  )
  for (const { name } of profileRules) assert.ok(named.includes(name), name)
})
