import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSchema } from '../../../scripts/registry.ts'
import { strictest } from '../../../scripts/core/score/next.ts'
import { assess } from './assess.ts'
import { example } from './example.ts'

test('nothing is no unit', () => {
  assert.equal(assess(' \n', 'PrivateTmp=yes', '257'), undefined)
})

test('a unit has a score, rows, and steps to the next level', () => {
  const { score, next, refused } = assess(example, '', '257')!
  assert.equal(refused, undefined)
  assert.ok(score && next)
  assert.equal(next.goal, 'OK')
  assert.ok(next.reached && next.steps.length > next.path.length)
})

test('what systemd skips is said with its line', () => {
  const at = example.split('\n').indexOf('ProtectHomes=yes') + 1
  const { notes } = assess(example, '', '257')!
  assert.deepEqual(
    notes.map(({ where, meant }) => [where, meant]),
    [[`line ${at}`, 'ProtectHome']],
  )
})

test('a line keeps its number where a section was put in front', () => {
  const { notes } = assess('PrivateTmp=yes\nNope=1\n', '', '257')!
  assert.equal(notes[0]!.where, 'line 2')
})

test('a file with a path is named', () => {
  const cat = `# /etc/systemd/system/a.service\n[Service]\nExecStart=/bin/true\nNope=1\n`
  assert.equal(assess(cat, '', '257')!.notes[0]!.where, 'a.service:3')
})

test('what systemd refuses has no score, and a sentence that says why', () => {
  const { score, refused } = assess('[Service]\nExecStart=/bin/true\nType=dbus\n', '', '257')!
  assert.equal(score, undefined)
  assert.match(refused!, /BusName/)
})

test('with a second text the score is the second one', () => {
  const { score, comparison } = assess(example, 'PrivateNetwork=yes', '257')!
  assert.equal(comparison!.after.tenths, score!.tenths)
  assert.ok(comparison!.before.tenths > score!.tenths)
})

test('every step has a page of its own', () => {
  const { directives } = readSchema()
  for (const name of Object.keys(strictest)) assert.ok(Object.hasOwn(directives, name), name)
})
