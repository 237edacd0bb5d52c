import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diffLines } from './lines.ts'

const diff = (before: string, after: string) =>
  diffLines(before.replaceAll(' ', '\n'), after.replaceAll(' ', '\n'), 1).join(' ')

test('lines that are the same say nothing', () => {
  assert.deepEqual(diffLines('', ''), [])
  assert.deepEqual(diffLines('a\nb\n', 'a\nb\n'), [])
})

test('what went comes before what came, with the lines around it', () => {
  assert.equal(diff('a b c d e', 'a b x d e'), ' b -c +x  d')
  assert.equal(diff('a b', 'a b c'), ' b +c')
  assert.equal(diff('b c', 'a b c'), '+a  b')
})

test('what lies between two places is skipped', () => {
  assert.equal(diff('a b c d e f', 'x b c d e y'), '-a +x  b @@  e -f +y')
})

test('a file that is new or gone is told as a whole', () => {
  assert.deepEqual(diffLines('', 'a\nb\n'), ['+a', '+b'])
  assert.deepEqual(diffLines('a\nb\n', ''), ['-a', '-b'])
})
