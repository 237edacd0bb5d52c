import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readProbe } from './registry.ts'

const root = mkdtempSync(join(tmpdir(), 'fenced-registry-'))
after(() => rmSync(root, { recursive: true }))

function write(path: string, text: string) {
  const file = join(root, 'profiles', path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
}

test('what a probe loads is a part of it, so a change there makes its measurements old', () => {
  write('probe.bash', 'shared() { :; }\n')
  write('alone/probe.bats', '# load probe\n')
  write('loads/probe.bats', 'load probe\n')
  assert.equal(readProbe('alone', root), '# load probe\n')
  assert.equal(readProbe('loads', root), 'load probe\nshared() { :; }\n')
  assert.equal(readProbe('none', root), undefined)
})
