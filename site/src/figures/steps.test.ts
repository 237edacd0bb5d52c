import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlatformRun, Score } from '../../../scripts/core/measured/types.ts'
import { bands, percent } from './scale.ts'
import { describeSteps, stepsOf } from './steps.ts'

const score = (exposure: string, level: string): Score & { checks: number } => ({
  exposure,
  level,
  checks: 1,
})
const run = {
  before: score('9.6', 'UNSAFE'),
  stages: {
    privilege: score('6.1', 'MEDIUM'),
    filesystem: score('8.4', 'EXPOSED'),
    kernel: score('6.1', 'MEDIUM'),
  },
  after: score('6.1', 'MEDIUM'),
} as unknown as PlatformRun

test('steps go down in stage order, and the last stage is the whole drop-in', () => {
  assert.deepEqual(
    stepsOf(run).map(({ kind, exposure, from, won }) => [kind, exposure, from, won]),
    [
      ['before', '9.6', '9.6', ''],
      ['stage', '8.4', '9.6', '−1.2'],
      ['stage', '6.1', '8.4', '−2.3'],
      ['after', '6.1', '6.1', ''],
    ],
  )
})

test('without stages there is before and after', () => {
  const steps = stepsOf({ ...run, stages: {} })
  assert.deepEqual(
    steps.map(({ label }) => label),
    ['As packaged', 'The drop-in'],
  )
  assert.equal(describeSteps(steps), 'As packaged: 9.6 UNSAFE. The drop-in: 6.1 MEDIUM.')
})

test('the bands are the levels of systemd-analyze, each where it begins', () => {
  assert.deepEqual(
    bands.map(({ word, from }) => `${word} ${from}`),
    ['SAFE 0.1', 'OK 1', 'MEDIUM 5', 'EXPOSED 7.5', 'UNSAFE 9'],
  )
})

test('a place on the scale stays on it', () => {
  assert.deepEqual(
    ['9.6', '0.3', '-1', '12'].map((exposure) => percent(Number(exposure))),
    ['96%', '3%', '0%', '100%'],
  )
})
