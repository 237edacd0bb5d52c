import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measured } from '../../../scripts/core/measured/types.ts'
import type { Profile } from '../../../scripts/core/profile/types.ts'
import { useOf } from './directive-use.ts'

const profile = {
  id: 'web',
  name: 'Web',
  directives: { CapabilityBoundingSet: { CAP_CHOWN: 'gives files away' }, ProtectHome: 'yes' },
  leftOut: { PrivateUsers: 'it needs the users of the host' },
  options: { home: { question: 'Home?', directives: { ProtectHome: { 'read-only': 'pages' } } } },
} as unknown as Profile

const experiment = { item: 'CAP_CHOWN', breaks: true, check: 'start', message: 'no' }
const measured = {
  platforms: {
    first: {
      grants: [{ ...experiment, directive: 'CapabilityBoundingSet' }],
      leftOut: [
        { directive: 'PrivateUsers', item: 'yes', breaks: false },
        { directive: 'UMask', item: '0077', breaks: true },
      ],
    },
  },
} as unknown as Measured

const entries = [{ id: 'web', profile, measured, probe: '' }]

test('who sets it, options included', () => {
  assert.deepEqual(
    useOf('ProtectHome', entries).set.map(({ option, items }) => [option, items]),
    [
      [undefined, [{ item: 'yes', reason: '' }]],
      ['home', [{ item: 'read-only', reason: 'pages' }]],
    ],
  )
})

test('who leaves it out, with what was tried', () => {
  const [only] = useOf('PrivateUsers', entries).leftOut
  assert.equal(only?.reason, 'it needs the users of the host')
  assert.equal(only?.proof?.item, 'yes')
})

test('what broke: grants taken away and values tried, and only where something did break', () => {
  const changes = (directive: string) => useOf(directive, entries).broke.map(({ change }) => change)
  assert.deepEqual(changes('CapabilityBoundingSet'), ['without CAP_CHOWN'])
  assert.deepEqual(changes('UMask'), ['with 0077'])
  assert.deepEqual(changes('PrivateUsers'), [])
  assert.deepEqual(changes('constructor'), [])
})
