import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { messagesFor } from './core/messages.ts'
import { parseProfile } from './core/profile/parse.ts'
import { profileRules } from './core/rules/index.ts'
import { run } from './core/check.ts'
import { projectRoot, readSchema } from './registry.ts'
import { contextOf } from './testing.ts'

type Json = { [key: string]: unknown }
const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8')
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true })

for (const name of ['profile', 'measured', 'published', 'profiles', 'directives']) {
  const { $id: _, ...schema } = JSON.parse(read(`schema/${name}.schema.json`)) as Json
  const definitions = schema.definitions as Json

  test(`${name}.schema.json refuses an empty file`, () => {
    assert.equal(ajv.compile(schema)({}), false)
  })

  test(`${name}.schema.json describes each key, and its examples are as it says`, () => {
    for (const [path, node] of nodes(schema, name)) {
      for (const [key, value] of Object.entries((node.properties as Json) ?? {})) {
        const { description, $ref } = value as Json
        const referred = definitions[String($ref).replace('#/definitions/', '')] as Json | undefined
        assert.ok(description ?? referred?.description, `${path}: ${key} has no description`)
      }
      if (!Array.isArray(node.examples)) continue
      const validate = ajv.compile({ ...node, definitions })
      for (const example of node.examples) {
        assert.ok(validate(example), `${path}: ${JSON.stringify(validate.errors)}`)
      }
    }
  })
}

/** Every schema inside a schema, with its place. */
function* nodes(schema: Json, path: string): Generator<[string, Json]> {
  yield [path, schema]
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'examples' || typeof value !== 'object' || value === null) continue
    if (!Array.isArray(value)) yield* nodes(value as Json, `${path}/${key}`)
  }
}

test('the catalogue is as its schema says, and agrees with itself', () => {
  const validate = ajv.compile(JSON.parse(read('schema/directives.schema.json')) as Json)
  assert.ok(validate(parse(read('schema/directives.yaml'))), JSON.stringify(validate.errors))
  const { directives } = readSchema()
  for (const [name, info] of Object.entries(directives)) {
    const isChoice = info.type === 'switch' || info.type === 'enum'
    assert.equal(info.values !== undefined, isChoice, `${name}: values`)
    const known = [info.strictest ?? [], Object.keys(info.valuesSince ?? {})].flat()
    if (isChoice)
      assert.deepEqual(
        known.filter((value) => !info.values?.includes(value)),
        [],
        name,
      )
    const others = [...(info.coveredBy ?? []), ...Object.keys(info.conflicts ?? {})]
    for (const other of others) assert.ok(Object.hasOwn(directives, other), `${name}: ${other}`)
    assert.ok(!others.includes(name), `${name} names itself`)
    for (const since of Object.values(info.valuesSince ?? {})) assert.ok(since > info.since, name)
  }
})

test('the messages are as their schema says, name known directives, and know their own examples', () => {
  const validate = ajv.compile(JSON.parse(read('schema/messages.schema.json')) as Json)
  assert.ok(validate(parse(read('schema/messages.yaml'))), JSON.stringify(validate.errors))
  const { directives, messages } = readSchema()
  for (const [id, message] of Object.entries(messages)) {
    assert.equal(messagesFor(message.example, messages)[0], id)
    const written = (message.write ?? []).map((line) => line.slice(0, line.indexOf('=')))
    for (const name of [...message.directives, ...written])
      assert.ok(Object.hasOwn(directives, name), `${id}: ${name}`)
  }
})

test('every row of the score is moved by a directive, but the one that needs another root', () => {
  const rows = JSON.parse(read('schema/systemd/rows.json')) as { field: string }[]
  const fields = rows.map(({ field }) => field)
  const moved = Object.values(readSchema().directives).flatMap(({ rows }) => rows)
  const moves = (row: string, field: string) =>
    row.endsWith('*') ? field.startsWith(row.slice(0, -1)) : field === row
  const still = fields.filter((field) => !moved.some((row) => moves(row, field)))
  assert.deepEqual(still, ['RootDirectoryOrRootImage'])
  for (const row of moved)
    assert.ok(
      fields.some((field) => moves(row, field)),
      row,
    )
})

test('the annotated profile in profiles/README.md has no problem', () => {
  const text = /^```yaml\n(.*?)^```/ms.exec(read('profiles/README.md'))?.[1] ?? ''
  const { problems, profile, file } = parseProfile('profile.yaml', text, 'exampled')
  assert.deepEqual(problems, [])
  assert.ok(profile)
  assert.deepEqual(run(profileRules, contextOf(profile, file), '.'), [])
})
