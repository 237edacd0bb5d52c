import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contextOf } from '../../testing.ts'
import { digest } from '../../digest.ts'
import { run } from '../check.ts'
import { sealedText } from '../measured/seal.ts'
import type { Measured, PlatformRun } from '../measured/types.ts'
import { renderDropIn, renderOption } from '../profile/render.ts'
import type { Profile } from '../profile/types.ts'
import { isTriedBy } from '../profile/values.ts'
import type { Context } from './rule.ts'
import { measurementRules } from './index.ts'

const place = { keyAt: () => ({ line: 1, col: 1 }), valueAt: () => ({ line: 1, col: 1 }) }

const profile: Profile = {
  id: 'example',
  name: 'Example',
  summary: 'Serves as an example',
  category: 'web',
  keywords: [],
  homepage: 'https://example.org/',
  unit: 'example.service',
  packages: ['example'],
  directives: {
    NoNewPrivileges: 'yes',
    CapabilityBoundingSet: { CAP_CHOWN: 'gives files away' },
  },
  leftOut: { PrivateNetwork: 'it serves the network' },
  options: {
    home: { question: 'Is there data in /home?', directives: { ProtectHome: 'tmpfs' } },
  },
}
const base = contextOf(profile, place)
const vendor = ['PrivateTmp=yes']
const checks = [{ name: 'serves', before: 'pass' as const, after: 'pass' as const }]

function runOn(systemd: string): PlatformRun {
  const how = { directives: base.catalogue, systemd: Number(systemd) }
  const text = renderDropIn(profile, how)
  const score = (...dropIns: string[]) => base.score(vendor, dropIns, systemd, 'example.service')
  return {
    date: '2026-01-02',
    seconds: 1,
    systemd,
    packages: { example: '1' },
    kernel: '6',
    unit: 'example.service',
    dropIn: digest(text),
    vendor,
    before: score(),
    stages: {
      filesystem: { ...score(renderDropIn(profile, { ...how, stage: 'filesystem' })), checks: 1 },
    },
    after: score(text),
    checks,
    attacks: {},
    unenforced: [],
  }
}

/** What the first platform's run has beside. */
function proofsOn(systemd: string): Partial<PlatformRun> {
  const how = { directives: base.catalogue, systemd: Number(systemd) }
  const option = renderOption(profile, 'home', how)
  const dropIns = [renderDropIn(profile, how), option]
  const score = base.score(vendor, dropIns, systemd, 'example.service')
  return {
    grants: [
      {
        directive: 'CapabilityBoundingSet',
        item: 'CAP_CHOWN',
        breaks: true,
        check: 'serves',
        message: 'not permitted',
      },
    ],
    leftOut: [{ directive: 'PrivateNetwork', item: 'yes', breaks: true, check: 'serves' }],
    options: { home: { ...score, dropIn: digest(option), checks } },
  }
}

/** A measurement as the lab would leave it, changed by hand where a test says so. */
function rulesThatFind(
  change: (measured: Measured, context: Context) => void,
  reseal = true,
): string[] {
  const platforms = base.platforms.map(({ id, systemd }, index) => [
    id,
    { ...runOn(systemd), ...(index === 0 && proofsOn(systemd)) },
  ])
  const measured: Measured = {
    probe: digest('the probe'),
    platforms: Object.fromEntries(platforms) as Record<string, PlatformRun>,
    seal: '',
  }
  measured.seal = digest(sealedText(measured))
  const context: Context = {
    ...base,
    profile: structuredClone(profile),
    probe: 'the probe',
    measured,
  }
  change(measured, context)
  if (reseal) measured.seal = digest(sealedText(measured))
  return [...new Set(run(measurementRules, context, '.').map(({ rule }) => rule))]
}

const first = (measured: Measured) => Object.values(measured.platforms)[0]!

test('a grant that the first platform does not need may be needed on a later one', () => {
  const found = rulesThatFind((measured) => {
    const [here, later] = Object.values(measured.platforms)
    later!.grants = [{ ...here!.grants![0]!, breaks: true }]
    here!.grants![0]!.breaks = false
  })
  assert.deepEqual(found, [])
})

test('a reason was tried with the directives that it has', () => {
  const directives = { ProtectSystem: 'strict', ReadWritePaths: { '-/run': 'a', '-/tmp': 'b' } }
  const what = { directive: 'ProtectSystem, ReadWritePaths', item: 'strict, -/run -/tmp' }
  assert.ok(isTriedBy(what, directives))
  assert.ok(!isTriedBy(what, { ...directives, ReadWritePaths: { '-/run': 'a' } }))
  assert.ok(!isTriedBy(what, { ...directives, ProtectSystem: 'full' }))
})

test('an option that says a grant of the default again needs it where the default does', () => {
  const withOption = (breaksLater: boolean) =>
    rulesThatFind((measured, { profile }) => {
      const directives = { CapabilityBoundingSet: { CAP_CHOWN: 'gives files away' } }
      profile.options!.home = {
        question: 'Is it?',
        replaces: ['CapabilityBoundingSet'],
        directives,
      }
      const [here, later] = Object.values(measured.platforms)
      const grant = { ...here!.grants![0]!, breaks: false }
      here!.grants = [grant]
      later!.grants = [{ ...grant, breaks: breaksLater }]
      const text = renderOption(profile, 'home', { directives: base.catalogue, systemd: 257 })
      Object.assign(here!.options!.home!, { grants: [grant], dropIn: digest(text) })
    })
  assert.deepEqual(
    withOption(true).filter((rule) => rule === 'proven'),
    [],
  )
  assert.ok(withOption(false).includes('proven'))
})

test('a measurement as the lab leaves it has no problem', () => {
  assert.deepEqual(
    rulesThatFind(() => {}),
    [],
  )
})

for (const [what, rule, change, reseal] of [
  ['a probe that changed', 'fresh-measurement', (_, context) => (context.probe += ' ')],
  [
    'a setup that changed',
    'fresh-measurement',
    (_, { profile }) => (profile.setup = ['touch /etc/example.conf']),
  ],
  [
    'a reason that changed',
    'fresh-measurement',
    (_, { profile }) => (profile.directives!.CapabilityBoundingSet = { CAP_CHOWN: 'another one' }),
  ],
  [
    'a platform that is missing',
    'fresh-measurement',
    (m, { platforms }) => delete m.platforms[platforms[1]!.id],
  ],
  ['a leftOut that was not tried', 'fresh-measurement', (m) => (first(m).leftOut = [])],
  ['an option that was not measured', 'fresh-measurement', (m) => (first(m).options = {})],
  [
    'a reason that is gone',
    'fresh-measurement',
    (m) => (first(m).reasons = { homes: { directive: 'ProtectHome', item: 'yes', breaks: true } }),
  ],
  ['a file that is missing', 'fresh-measurement', (_, context) => delete context.measured],
  ['a check edited by hand', 'sealed', (m) => (first(m).checks[0]!.name = 'more'), false],
  [
    'a score edited by hand and sealed again',
    'recomputed',
    (m) => (first(m).after.exposure = '0.1'),
  ],
  ['a grant that was not tried', 'proven', (m) => (first(m).grants = [])],
  ['a grant that nothing needs', 'proven', (m) => (first(m).grants![0]!.breaks = false)],
  ['a check that failed after', 'still-works', (m) => (first(m).checks[0]!.after = 'fail')],
  [
    'a check that failed in an early stage',
    'still-works',
    (m) => (first(m).stages['filesystem']!.checks = 0),
  ],
  [
    'an attack that only the package stopped',
    'still-works',
    (m) => (first(m).attacks = { keyring: { before: 'blocked', after: 'open' } }),
  ],
  ['no check at all', 'still-works', (m) => (first(m).checks = [])],
] as [string, string, (measured: Measured, context: Context) => unknown, boolean?][]) {
  test(`${rule} finds ${what}`, () => {
    assert.deepEqual(rulesThatFind(change, reseal), [rule])
  })
}
