import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCulprits } from './culprits.ts'

const letters = [...'abcdefghijklmnop']

/** Fails where one of `bad` is there, a pair only where both are. */
async function find(bad: string[]) {
  let tries = 0
  const { kept, culprits } = await findCulprits(letters, async (parts) => {
    tries++
    return bad.find((some) => [...some].every((letter) => parts.includes(letter)))
  })
  return {
    kept: kept.join(''),
    culprits: culprits.map(({ part, failure }) => [part, failure]),
    tries,
  }
}

test('the one that breaks is found among many, in few tries', async () => {
  const { kept, culprits, tries } = await find(['k'])
  assert.deepEqual([kept, culprits], ['abcdefghijlmnop', [['k', 'k']]])
  assert.ok(tries < 10, `${tries} tries`)
})

test('each of several is told', async () => {
  const { kept, culprits } = await find(['a', 'h', 'p'])
  assert.equal(kept, 'bcdefgijklmno')
  assert.deepEqual(
    culprits.map(([part]) => part),
    ['a', 'h', 'p'],
  )
})

test('of two that only break together the later one goes', async () => {
  const { kept, culprits } = await find(['bn'])
  assert.deepEqual([kept, culprits], ['abcdefghijklmop', [['n', 'bn']]])
})

test('where nothing works nothing is kept', async () => {
  const { kept, culprits } = await find([''])
  assert.deepEqual([kept, culprits.length], ['', 16])
})
