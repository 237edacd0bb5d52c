import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { withDraft } from './drafts.ts'
import { knownId, profileIds, readRegistry } from './registry.ts'

const root = mkdtempSync(join(tmpdir(), 'fenced-drafts-'))
after(() => rmSync(root, { recursive: true }))
for (const id of ['a', 'b']) {
  mkdirSync(join(root, 'profiles', id), { recursive: true })
  writeFileSync(join(root, 'profiles', id, 'profile.yaml'), 'name: x\n')
}
const write = (text: string) => writeFileSync(join(root, 'profiles', 'drafts.yaml'), text)
const problemsOf = (only: string[] = []) =>
  readRegistry(root, only).problems.map(({ path, rule }) => `${path} ${rule}`)

test('a draft is neither checked nor published, unless it is asked for', () => {
  write('a: not measured\n')
  assert.deepEqual(profileIds(root), ['b'])
  assert.ok(problemsOf().every((problem) => problem.startsWith('profiles/b/')))
  assert.ok(problemsOf(['a']).every((problem) => problem.startsWith('profiles/a/')))
  assert.notEqual(problemsOf(['a']).length, 0)
  assert.doesNotThrow(() => knownId('a', root))
})

test('a draft that is not there, and a list in another form, are told', () => {
  write('c: not measured\n')
  assert.ok(problemsOf().includes('profiles/drafts.yaml drafts'))
  for (const text of ['- a\n', 'a:\n', 'a: 1\n']) {
    write(text)
    assert.ok(problemsOf().includes('profiles/drafts.yaml drafts'), text)
  }
})

test('one more draft stands among the others, below the comments', () => {
  const text = '# Drafts, each with what is missing.\na: x\nc: x\n'
  assert.equal(withDraft(text, 'b', 'not measured'), text.replace('c:', 'b: not measured\nc:'))
  assert.equal(withDraft(text, 'd', 'y'), `${text}d: y\n`)
  assert.equal(withDraft('', 'a', 'y'), 'a: y\n')
})
