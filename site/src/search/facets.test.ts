import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inOrder, meets } from './facets.ts'
import type { Facts } from './facets.ts'
import { readState, writeState } from './state.ts'

const facts = (before: number, after: number, more: Partial<Facts> = {}): Facts => ({
  category: 'web',
  level: 'OK',
  platform: ['debian-12', 'debian-13'],
  advice: 'harden',
  before,
  after,
  ...more,
})

test('every wish must be met', () => {
  const web = facts(9.6, 2)
  assert.ok(meets(web, readState('')))
  assert.ok(meets(web, readState('?category=web&level=OK&platform=debian-12&advice=harden')))
  assert.ok(!meets(web, readState('?category=web&platform=debian-11')))
  assert.ok(!meets(web, readState('?advice=skip')))
})

test('orders by figure, entries without one last', () => {
  const items = [
    { id: 'small', facts: facts(3, 2) },
    { id: 'none', facts: facts(NaN, NaN) },
    { id: 'big', facts: facts(9.6, 2.2) },
    { id: 'skip', facts: facts(9.8, NaN) },
  ]
  const ids = (sort: string) => inOrder(items, sort).map(({ id }) => id)
  assert.deepEqual(ids(''), ['small', 'none', 'big', 'skip'])
  assert.deepEqual(ids('drop'), ['big', 'small', 'none', 'skip'])
  assert.deepEqual(ids('before'), ['skip', 'big', 'small', 'none'])
  assert.deepEqual(ids('after'), ['small', 'big', 'none', 'skip'])
  assert.deepEqual(ids('constructor'), ids(''))
})

test('what is written to the address reads back the same', () => {
  const search = '?q=reverse+proxy&category=web&sort=drop'
  assert.equal(writeState(readState(search)), search)
  assert.equal(writeState(readState('?q=+&x=1')), '')
})
