import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { UsageError } from '../usage.ts'
import { readUnits } from './unit-directory.ts'

const directory = mkdtempSync(join(tmpdir(), 'fenced-units-'))
after(() => rmSync(directory, { recursive: true }))

test('readUnits takes services with the drop-ins beside them, and nothing else', () => {
  mkdirSync(join(directory, 'b.service.d'))
  writeFileSync(join(directory, 'b.service'), 'b')
  writeFileSync(join(directory, 'b.service.d/10.conf'), 'ten')
  writeFileSync(join(directory, 'a@.service'), Buffer.from([0x61, 0xff]))
  writeFileSync(join(directory, 'c.socket'), 'c')
  assert.deepEqual(readUnits(directory), [
    { name: 'a@.service', unit: 'a\udcff', dropins: [] },
    { name: 'b.service', unit: 'b', dropins: [['b.service.d/10.conf', 'ten']] },
  ])
})

test('readUnits says so where there is no such directory', () => {
  assert.throws(() => readUnits(join(directory, 'none')), UsageError)
})
