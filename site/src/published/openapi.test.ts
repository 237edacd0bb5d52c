import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { addresses, openApi } from './openapi.ts'

const described = openApi({ services: ['web'], stages: ['kernel'] })

test('each parameter of a path is declared, and has values or says where they are', () => {
  for (const [path, { get }] of Object.entries(described.paths)) {
    const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const given = (get.parameters ?? []) as { name: string; description?: string }[]
    assert.deepEqual(
      given.map(({ name }) => name),
      wanted,
    )
    for (const { name, description } of given) assert.ok(description, `${path}: ${name}`)
  }
})

test('operations have names of their own', () => {
  const ids = Object.values(described.paths).map(({ get }) => get.operationId)
  assert.equal(new Set(ids).size, ids.length)
})

test('every schema is a file that is published', () => {
  for (const { schema } of addresses) {
    if (schema) assert.ok(existsSync(new URL(`../../../schema/${schema}`, import.meta.url)), schema)
  }
})
