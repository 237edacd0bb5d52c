import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSchema } from '../registry.ts'
import { attemptIds, parseAttempts } from './attacks.ts'

const { attacks, directives } = readSchema()

test('the list of attacks and the attempts name the same ids', () => {
  assert.deepEqual(attemptIds(), Object.keys(attacks).toSorted())
})

test('every attack has a title, a text and directives of the catalogue', () => {
  for (const [id, { title, what, stoppedBy }] of Object.entries(attacks)) {
    assert.match(title, /^[A-Z].{8,60}[^.]$/, id)
    assert.match(what, /\.$/, id)
    assert.ok(stoppedBy.length > 0, id)
    for (const name of stoppedBy) assert.ok(directives[name], `${id}: ${name}`)
  }
})

test('an answer is read with its reason, and anything else is not an answer', () => {
  const output = 'clock blocked signal 31\nmount open it worked\nperl: warning\nbpf maybe so\n'
  assert.deepEqual(parseAttempts(output), {
    clock: { outcome: 'blocked', reason: 'signal 31' },
    mount: { outcome: 'open', reason: 'it worked' },
  })
})
