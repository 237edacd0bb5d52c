import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Directives } from './types.ts'
import { forPlatform, grantsOf, isWeaker, startedUnit, unitsOf, withoutGrant } from './values.ts'
import { readSchema } from '../../registry.ts'

const { directives: catalogue } = readSchema()

const directives: Directives = {
  ProtectHome: { 'read-only': 'serves what people put there' },
  UMask: { '0027': 'the group reads what it writes' },
  CapabilityBoundingSet: { CAP_CHOWN: 'gives files away', CAP_KILL: 'stops its workers' },
  SystemCallFilter: { '@chown': 'gives files away', '~@keyring': 'has no business there' },
  ReadWritePaths: { '-/var/lib/x': 'its data' },
  NoNewPrivileges: 'yes',
}

test('grantsOf lists what loosens, and nothing else', () => {
  assert.deepEqual(
    grantsOf(directives, catalogue).map(({ directive, item, kind }) => [directive, item, kind]),
    [
      ['ProtectHome', 'read-only', 'value'],
      ['UMask', '0027', 'value'],
      ['CapabilityBoundingSet', 'CAP_CHOWN', 'item'],
      ['CapabilityBoundingSet', 'CAP_KILL', 'item'],
      ['SystemCallFilter', '@chown', 'item'],
      ['ReadWritePaths', '-/var/lib/x', 'item'],
    ],
  )
})

test('withoutGrant takes one away and leaves the strictest where nothing is left', () => {
  const take = (directive: string, item: string, kind: 'item' | 'value') =>
    withoutGrant(directives, { directive, item, kind }, catalogue)[directive]
  assert.equal(take('ProtectHome', 'read-only', 'value'), 'yes')
  assert.deepEqual(take('CapabilityBoundingSet', 'CAP_CHOWN', 'item'), {
    CAP_KILL: 'stops its workers',
  })
  assert.equal(take('ReadWritePaths', '-/var/lib/x', 'item'), undefined)
})

test('isWeaker compares enums by the catalogue and masks by their bits', () => {
  const weaker = (name: string, value: string) => isWeaker(catalogue[name]!, value)
  assert.equal(weaker('ProtectSystem', 'full'), true)
  assert.equal(weaker('ProtectSystem', 'strict'), false)
  assert.equal(weaker('PrivateTmp', 'disconnected'), false)
  assert.equal(weaker('UMask', '0027'), true)
  assert.equal(weaker('UMask', '0077'), false)
})

test('by-platform values', () => {
  const unit = { 'debian-12': 'php8.2-fpm.service', 'debian-13': 'php8.4-fpm.service' }
  assert.equal(forPlatform(unit, 'debian-12'), 'php8.2-fpm.service')
  assert.equal(forPlatform<string>('nginx.service', 'debian-12'), 'nginx.service')
  assert.equal(forPlatform(unit, 'debian-sid'), undefined)
  const profile = { unit, instance: undefined } as never
  assert.equal(startedUnit(profile, 'debian-13'), 'php8.4-fpm.service')
  assert.deepEqual(unitsOf(profile), Object.values(unit))
})
