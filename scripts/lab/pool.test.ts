import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPool } from './pool.ts'

test('a pool runs no more at a time than it may, in the order in which it was asked', async () => {
  const pool = createPool(2)
  const said: string[] = []
  const ends: (() => void)[] = []
  const work = (name: string) =>
    pool.run(async () => {
      said.push(`${name} begins`)
      await new Promise<void>((resolve) => ends.push(resolve))
      said.push(`${name} ends`)
    })
  const all = ['a', 'b', 'c', 'd'].map(work)
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  await turn()
  assert.deepEqual(said, ['a begins', 'b begins'])
  ends.shift()?.()
  await turn()
  assert.deepEqual(said.slice(2), ['a ends', 'c begins'])
  while (ends.length > 0) {
    ends.shift()?.()
    await turn()
  }
  await Promise.all(all)
  assert.deepEqual(said.slice(4), ['b ends', 'd begins', 'c ends', 'd ends'])
})

test('a pool gives the place of a failure to the next', async () => {
  const pool = createPool(1)
  const fails = pool.run(() => Promise.reject(new Error('no')))
  const next = pool.run(() => Promise.resolve('done'))
  await assert.rejects(fails, /no/)
  assert.equal(await next, 'done')
})
