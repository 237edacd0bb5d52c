import assert from 'node:assert/strict'
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { replaceFile } from './cache.ts'

const directory = mkdtempSync(join(tmpdir(), 'fenced-cache-'))
after(() => rmSync(directory, { recursive: true }))

test('a file is replaced as a whole, and nothing else is left', () => {
  const path = join(directory, 'file')
  replaceFile(path, 'one')
  replaceFile(path, 'two')
  assert.equal(readFileSync(path, 'utf8'), 'two')
  assert.deepEqual(readdirSync(directory), ['file'])
})

const asRoot = { skip: process.getuid?.() !== 0 && 'only root makes files for others' }
test('what root writes belongs to whom the directory belongs', asRoot, () => {
  const theirs = join(directory, 'theirs')
  mkdirSync(theirs)
  chownSync(theirs, 12345, 23456)
  replaceFile(join(theirs, 'file'), 'text')
  const { uid, gid } = statSync(join(theirs, 'file'))
  assert.deepEqual([uid, gid], [12345, 23456])
})
