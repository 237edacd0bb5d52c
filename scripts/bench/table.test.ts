import assert from 'node:assert/strict'
import { test } from 'node:test'
import { medianOf } from './median.ts'
import { benchTable, isAbove } from './table.ts'

test('a figure stands beside its bar and its peers', () => {
  const table = benchTable([
    { what: 'quick', value: 12.345, unit: 'µs', bar: 20, peers: [{ name: 'other', value: 24690 }] },
    { what: 'slow', value: 21, unit: 'µs', bar: 20 },
    { what: 'free', value: 0.5, unit: 's' },
  ])
  assert.deepEqual(table.split('\n').slice(1), [
    'quick  12.3 µs  20 µs  ok     other 24,690 µs, 2,000 times',
    'slow   21 µs    20 µs  ABOVE',
    'free   0.5 s',
    '',
  ])
})

test('a figure on its bar is not above it', () => {
  assert.equal(isAbove({ what: '', value: 20, unit: 'µs', bar: 20 }), false)
})

test('the median is the middle one', () => {
  assert.equal(medianOf([30, 1, 2]), 2)
})
