import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measured } from '../../../scripts/core/measured/types.ts'
import type { Profile } from '../../../scripts/core/profile/types.ts'
import { readSchema } from '../../../scripts/registry.ts'
import { failuresOf } from './failures.ts'
import { relaxedLine, startsList } from './relaxed.ts'

const { directives } = readSchema()
const broke = (directive: string, item: string, message = 'no') => ({
  directive,
  item,
  breaks: true,
  check: 'start',
  message,
})
const run = {
  grants: [
    broke('SystemCallFilter', '@chown', 'Bad system call'),
    broke('CapabilityBoundingSet', 'CAP_CHOWN', 'chown: not permitted'),
    { ...broke('ReadWritePaths', '-/var/log/web'), breaks: false },
  ],
  leftOut: [
    broke('PrivateUsers', 'yes', 'Invalid argument'),
    { ...broke('UMask', '0077'), message: '' },
  ],
  options: { home: { grants: [broke('ProtectHome', 'read-only', 'No such file')] } },
  reasons: { cron: broke('NoNewPrivileges', 'yes', 'must be setuid root') },
}
const measured = { platforms: { first: run, second: run } } as unknown as Measured
const entries = [{ id: 'web', profile: { id: 'web', name: 'Web' } as Profile, measured, probe: '' }]

test('every experiment that broke something and left a message, once, in the order of the catalogue', () => {
  assert.deepEqual(
    failuresOf(entries, directives).map(({ change, write }) => [change, write]),
    [
      ['without read-only', 'ProtectHome=read-only'],
      ['with yes', 'NoNewPrivileges=no'],
      ['without CAP_CHOWN', 'CapabilityBoundingSet=CAP_CHOWN'],
      ['with yes', 'PrivateUsers=no'],
      ['without @chown', 'SystemCallFilter=@chown'],
    ],
  )
})

test('without a measurement there is none', () => {
  const [{ id, profile, probe }] = entries as [(typeof entries)[0]]
  assert.deepEqual(failuresOf([{ id, profile, probe }], directives), [])
})

test('what turns a directive off', () => {
  const off = (name: string) => relaxedLine(name, undefined, directives[name]!)
  assert.equal(off('CapabilityBoundingSet'), 'CapabilityBoundingSet=~')
  assert.equal(off('RestrictNamespaces'), 'RestrictNamespaces=no')
  assert.equal(off('SystemCallFilter'), 'SystemCallFilter=')
  assert.equal(off('IPAddressDeny'), 'IPAddressDeny=')
  assert.equal(off('UMask'), 'UMask=0022')
  assert.equal(off('ProcSubset'), 'ProcSubset=all')
  assert.equal(off('RemoveIPC'), 'RemoveIPC=no')
})

test('which lists must be there already', () => {
  const lists = Object.keys(directives).filter((name) => startsList(name, directives[name]!))
  for (const name of ['CapabilityBoundingSet', 'RestrictAddressFamilies', 'SystemCallFilter'])
    assert.ok(lists.includes(name), name)
  for (const name of ['ReadWritePaths', 'IPAddressAllow', 'ProtectHome'])
    assert.ok(!lists.includes(name), name)
})
