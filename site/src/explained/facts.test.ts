import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlatformRun } from '../../../scripts/core/measured/types.ts'
import type { DirectiveInfo, Profile } from '../../../scripts/core/profile/types.ts'
import { readSchema } from '../../../scripts/registry.ts'
import { factsOf, sinceOf } from './facts.ts'

const { directives: catalogue, attacks } = readSchema()
const profile = {
  id: 'web',
  unit: 'web.service',
  directives: {
    ProtectSystem: 'strict',
    NoNewPrivileges: 'yes',
    ReadWritePaths: { '/run': 'pid' },
  },
} as unknown as Profile
const stopped = Object.keys(attacks).find((id) => attacks[id]!.stoppedBy.includes('ProtectSystem'))!
const run = {
  systemd: '257',
  unit: 'web.service',
  vendor: [],
  attacks: { [stopped]: { before: 'open', after: 'blocked' } },
} as unknown as PlatformRun

test('once measured, only what was seen to be stopped counts', async () => {
  const facts = await factsOf({ profile, run, attacks, catalogue })
  assert.deepEqual(facts['ProtectSystem']?.stops, [attacks[stopped]!.title])
  assert.deepEqual(facts['NoNewPrivileges']?.stops.length, 0)
  const open = { ...run, attacks: { [stopped]: { before: 'open', after: 'open' } } } as PlatformRun
  const still = await factsOf({ profile, run: open, attacks, catalogue })
  assert.deepEqual(still['ProtectSystem']?.stops, [])
})

test('the share is what the score would lose', async () => {
  const facts = await factsOf({ profile, run, attacks, catalogue })
  assert.match(facts['ProtectSystem']?.share ?? '', /^0\.\d, without it \d\.\d$/)
  assert.equal(facts['ReadWritePaths']?.share, 'none, the score does not look at it')
})

test('before a measurement there is no share, and the attacks are what the catalogue says', async () => {
  const facts = await factsOf({ profile, run: undefined, attacks, catalogue })
  assert.equal(facts['ProtectSystem']?.share, undefined)
  assert.ok(facts['ProtectSystem']?.stops.includes(attacks[stopped]!.title))
})

test('since when, the value too', () => {
  const info = { since: 214, valuesSince: { strict: 232 } } as unknown as DirectiveInfo
  assert.equal(sinceOf(info, ['strict']), 'systemd 214 and later, strict since 232')
  assert.equal(sinceOf({ since: 183 } as DirectiveInfo, ['yes']), 'every systemd in use')
})
