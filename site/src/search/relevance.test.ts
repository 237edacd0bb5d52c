import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { unitsOf } from '../../../scripts/core/profile/values.ts'
import { projectRoot, readRegistry } from '../../../scripts/registry.ts'
import { madeUp } from '../../e2e/synthetic.ts'
import { createSearch } from './rank.ts'
import type { Doc } from './rank.ts'

type Row = [id: string, name: string, unit: string, category: string, summary: string, string[]]
const { neighbours, queries } = parse(
  readFileSync(new URL('relevance.yaml', import.meta.url), 'utf8'),
) as { neighbours: Row[]; queries: Record<string, string> }

const written = readdirSync(join(projectRoot, 'profiles'), { withFileTypes: true })
  .filter((item) => item.isDirectory())
  .map(({ name }) => name)
const ours = readRegistry(projectRoot, written).entries.map(({ id, profile }): Doc => {
  const { name, keywords, category, summary } = profile
  return { id, name, units: unitsOf(profile), keywords, category, summary }
})
const theirs = neighbours
  .filter(([id]) => ours.every((doc) => doc.id !== id))
  .map(([id, name, unit, category, summary, keywords]): Doc => ({
    ...{ id, name, units: [unit], category, summary, keywords },
  }))
const invented = madeUp(1000).map((doc): Doc => ({ ...doc, units: [`${doc.id}.service`] }))

/** The queries whose first answer is another than the expected one, as `query: answer`. */
function missed(docs: Doc[]): string[] {
  const search = createSearch(docs.toSorted((left, right) => left.id.localeCompare(right.id)))
  return Object.entries(queries).flatMap(([query, id]) => {
    const [first = 'nothing'] = search(query)
    return first === id ? [] : [`${query}: ${first}, not ${id}`]
  })
}

const asked = Object.keys(queries).length

test('there are a hundred queries and more, each for a service that is there', () => {
  assert.ok(asked >= 100)
  const ids = new Set([...ours, ...theirs].map(({ id }) => id))
  for (const id of Object.values(queries)) assert.ok(ids.has(id), id)
})

for (const [field, docs] of Object.entries({
  'real services': [...ours, ...theirs],
  'real services and 1,000 made-up ones': [...ours, ...theirs, ...invented],
})) {
  test(`among ${field}, 97 of 100 queries find their service first`, () => {
    const misses = missed(docs)
    assert.ok(misses.length <= asked * 0.03, `${misses.length} of ${asked}: ${misses.join('; ')}`)
  })
}
