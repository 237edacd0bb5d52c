import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTap } from './tap.ts'
import type { Trial } from './trial.ts'
import { compareChecks, describeFailure, failureOf, passed } from './verdict.ts'

const trial = (tap: string, started = true): Trial => ({ started, ...parseTap(tap), journal: [] })
const good = trial('1..2\nok 1 a\nok 2 b\n')
const bad = trial('1..2\nok 1 a\nnot ok 2 b\n# no answer\n')

test('failureOf is silent only when every announced check ran and none failed', () => {
  assert.equal(failureOf(good), undefined)
  assert.deepEqual(failureOf(bad), { check: 'b', message: 'no answer' })
  assert.equal(failureOf(bad, { mayFail: ['b'] }), undefined)
  assert.equal(failureOf(trial('1..2\nok 1 a\n'))?.check, 'the whole probe')
  assert.equal(failureOf(trial(''))?.check, 'the whole probe')
  assert.equal(failureOf(trial('', false))?.check, 'start')
})

test('compareChecks counts what is missing or newly skipped as failed', () => {
  assert.deepEqual(compareChecks(good, bad), [
    { name: 'a', before: 'pass', after: 'pass' },
    { name: 'b', before: 'pass', after: 'fail' },
  ])
  assert.deepEqual(compareChecks(good, trial('1..2\nok 1 a\n'))[1], {
    name: 'b',
    before: 'pass',
    after: 'fail',
  })
  const skipped = trial('1..2\nok 1 a\nok 2 b # skip not here\n')
  assert.equal(compareChecks(good, skipped)[1]?.after, 'fail')
  assert.deepEqual(compareChecks(skipped, skipped), [{ name: 'a', before: 'pass', after: 'pass' }])
})

test('passed counts, describeFailure shows', () => {
  assert.equal(passed(bad), 1)
  assert.deepEqual(describeFailure('before', good), [])
  assert.deepEqual(describeFailure('before', bad), [
    'before: "b" failed',
    '    no answer',
    '  journal:',
  ])
  assert.match(describeFailure('after', trial('', false))[0] ?? '', /did not start/)
  assert.match(describeFailure('after', trial(''))[0] ?? '', /ran no check/)
})

test('a line that is said again and again is told once', () => {
  const check = {
    name: 'waits',
    outcome: 'fail' as const,
    output: 'no file\nno file\nno file\nover',
  }
  const trial = { started: true, planned: 1, checks: [check], journal: [] }
  assert.deepEqual(describeFailure('before', trial).slice(0, 3), [
    'before: "waits" failed',
    '    no file (3 times)',
    '    over',
  ])
})
