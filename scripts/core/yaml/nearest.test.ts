import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editDistance, nearest } from './nearest.ts'

const words = ['ProtectHome', 'ProtectSystem', 'CAP_SETUID', 'CAP_SETGID', 'AF_UNIX', '@clock']

for (const [word, meant] of [
  ['ProtectHomes', 'ProtectHome'],
  ['protecthome', 'ProtectHome'],
  ['ProtcetHome', 'ProtectHome'],
  ['CAP_SET_UID', 'CAP_SETUID'],
  ['CAP_SETSETUID', 'CAP_SETUID'],
  ['AF_UNXI', 'AF_UNIX'],
  ['clock', '@clock'],
  ['PrivateKitchen', undefined],
] as const) {
  test(`nearest: ${word} means ${meant ?? 'nothing here'}`, () => {
    assert.equal(nearest(word, words), meant)
  })
}

test('editDistance counts a swap of neighbours as one and gives up at the limit', () => {
  assert.equal(editDistance('ab', 'ba'), 1)
  assert.equal(editDistance('kitten', 'sitting'), 3)
  assert.equal(editDistance('kitten', 'a whole sentence', 3), 3)
})
