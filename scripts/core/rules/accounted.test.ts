import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSchema } from '../../registry.ts'
import { isSetByVendor } from './accounted.ts'

const { directives } = readSchema()
const isSet = (name: string, ...vendor: string[]) => {
  const info = directives[name]
  assert.ok(info)
  return isSetByVendor(name, info, vendor)
}

test("the vendor's own lines count, however they are spelled", () => {
  assert.ok(isSet('RestrictNamespaces', 'RestrictNamespaces=true'))
  assert.ok(isSet('PrivateDevices', 'PrivateDevices=1'))
  assert.ok(
    isSet(
      'SystemCallFilter',
      'SystemCallFilter=@system-service',
      'SystemCallFilter=~ @privileged @resources',
    ),
  )
})

test('a looser line does not', () => {
  assert.ok(!isSet('RestrictNamespaces', 'RestrictNamespaces=user mnt'))
  assert.ok(!isSet('PrivateDevices', 'PrivateDevices=yes', 'PrivateDevices=no'))
  assert.ok(!isSet('SystemCallFilter', 'SystemCallFilter=@system-service'))
  assert.ok(!isSet('SystemCallFilter', 'SystemCallFilter=~@mount'))
})
