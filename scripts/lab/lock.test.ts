import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { withLock } from './lock.ts'

const skip = process.platform === 'linux' ? false : 'flock is a program of Linux'
const directory = mkdtempSync(join(tmpdir(), 'fenced-lock-'))
const path = join(directory, 'deep', 'lock')
after(() => rmSync(directory, { recursive: true }))

test('one at a time, in whatever order they come', { skip }, async () => {
  let inside = 0
  let most = 0
  const use = async () => {
    most = Math.max(most, ++inside)
    await new Promise((resolve) => setTimeout(resolve, 50))
    inside--
  }
  await Promise.all([withLock(path, use), withLock(path, use), withLock(path, use)])
  assert.equal(most, 1)
})

test('those who share hold it together, and keep out who wants it alone', { skip }, async () => {
  const shared = () =>
    withLock(path, async () => withLock(path, alone, { orElse: 'in use' }), { shared: true })
  const alone = async () => 'alone'
  await assert.rejects(shared(), /^Error: in use$/)
  const both = () => withLock(path, async () => 'together', { shared: true })
  assert.equal(await withLock(path, both, { shared: true }), 'together')
  assert.equal(await withLock(path, alone, { orElse: 'in use' }), 'alone')
})

test('it is free again after a failure', { skip }, async () => {
  const fail = async () => Promise.reject(new Error('of its own'))
  await assert.rejects(withLock(path, fail), /of its own/)
  assert.equal(await withLock(path, async () => 'free', { orElse: 'in use' }), 'free')
})

test('an abort ends the waiting', { skip }, async () => {
  const controller = new AbortController()
  await withLock(path, async () => {
    const waiting = withLock(path, async () => 'never', { signal: controller.signal })
    controller.abort()
    await assert.rejects(waiting, /interrupted/)
  })
})
