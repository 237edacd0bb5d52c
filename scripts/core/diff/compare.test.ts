import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digest } from '../../digest.ts'
import { readCatalogue } from '../../registry.ts'
import type { Measured, PlatformRun } from '../measured/types.ts'
import { renderDropIn } from '../profile/render.ts'
import type { Profile } from '../profile/types.ts'
import { compareRevisions } from './compare.ts'
import type { Revision, Version } from './compare.ts'
import { asMarkdown, asText } from './print.ts'

const catalogue = readCatalogue()
const profile = (directives: Profile['directives'], more: Partial<Profile> = {}): Profile => ({
  ...{ id: 'x', name: 'X', summary: 'An example', category: 'web', keywords: ['x'] },
  ...{ homepage: 'https://example.org/', unit: 'x.service', packages: ['x'] },
  ...(directives && { directives }),
  ...more,
})
const first = profile({ ProtectHome: 'yes', CapabilityBoundingSet: { CAP_CHOWN: 'its files' } })
const version = (of: Profile, more: Partial<Version> = {}): Version => {
  return { id: of.id, profile: of, probe: 'probe', isDraft: false, ...more }
}
const revision = (...versions: Version[]): Revision => ({ versions, catalogue })
const compare = (before: Version[], after: Version[]) =>
  compareRevisions(revision(...before), revision(...after), digest)

function measured(of: Profile, more: Partial<PlatformRun> = {}): Measured {
  const dropIn = digest(renderDropIn(of, { directives: catalogue, systemd: 257 }))
  const run = {
    ...{ systemd: '257', dropIn, before: { exposure: '9.6' }, after: { exposure: '2.6' } },
    checks: [{ name: 'serves', before: 'pass', after: 'pass' }],
    attacks: { mount: { before: 'open', after: 'open' }, clock: { before: 'open', after: 'open' } },
    ...more,
  }
  return { probe: digest('probe'), platforms: { 'debian-13': run as never }, seal: '' }
}

test('the same is no change, with another date and summary too', () => {
  const before = version(first, { measured: measured(first) })
  const again = version(
    { ...first, summary: 'Another' },
    { measured: measured(first, { date: 'later' }) },
  )
  assert.deepEqual(compare([before], [again]), [])
  assert.equal(asText([], 'v1'), 'nothing is different since v1\n')
})

test('a profile that comes or goes is told with its drop-in', () => {
  const [added] = compare([], [version(first, { isDraft: true })])
  assert.equal(added?.kind, 'added')
  assert.deepEqual(added.granted, ['CapabilityBoundingSet CAP_CHOWN, because: its files'])
  assert.ok(added.files['hardening.conf']?.includes('+ProtectHome=yes'))
  assert.match(asText([added], 'v1'), /^x: added, a draft\n/)
  const [removed] = compare([version(first)], [])
  assert.equal(removed?.kind, 'removed')
  assert.ok(removed.files['hardening.conf']?.includes('-ProtectHome=yes'))
})

test('a draft that is published is a change', () => {
  const [change] = compare([version(first, { isDraft: true })], [version(first)])
  assert.match(asText([change!], 'v1'), /^x: changed, published now\n/)
})

test('what is granted and what no longer is, options too', () => {
  const now = profile(
    { ProtectHome: { 'read-only': 'serves it' }, CapabilityBoundingSet: '' },
    {
      options: {
        local: {
          question: 'Here?',
          directives: { IPAddressDeny: 'any', IPAddressAllow: { localhost: 'asks' } },
        },
      },
    },
  )
  const [change] = compare([version(first)], [version(now)])
  assert.deepEqual(change?.granted, [
    'ProtectHome read-only, because: serves it',
    'option local: IPAddressAllow localhost, because: asks',
  ])
  assert.deepEqual(change.noLongerGranted, ['CapabilityBoundingSet CAP_CHOWN, because: its files'])
  assert.deepEqual(Object.keys(change.files), ['hardening.conf', 'site-local.conf'])
  assert.ok(change.files['hardening.conf']?.includes('-ProtectHome=yes'))
  assert.ok(change.files['hardening.conf']?.includes('+ProtectHome=read-only'))
})

test('figures, attacks and checks are told by platform', () => {
  const before = version(first, { measured: measured(first) })
  const now = measured(first, {
    after: { exposure: '2.1', level: 'OK' },
    attacks: {
      mount: { before: 'open', after: 'blocked' },
      clock: { before: 'open', after: 'open' },
    },
    checks: [
      { name: 'serves', before: 'pass', after: 'pass' },
      { name: 'reloads', before: 'pass', after: 'fail' },
    ],
  })
  const changes = compare([before], [version(first, { measured: now })])
  const text = asText(changes, 'v1')
  assert.match(
    text,
    /debian-13: exposure 9\.6 without and 2\.6 → 2\.1 with the drop-in, 1 checks pass, 2 → 1 attacks open/,
  )
  assert.match(text, /attack blocked now on debian-13: mount\n/)
  assert.match(text, /new check on debian-13: reloads\n/)
  assert.match(text, /check failing on debian-13: reloads\n/)
  const markdown = asMarkdown(changes, 'v1')
  assert.match(markdown, /\| debian-13 \| 9\.6 \| 2\.6 → 2\.1 \| 1 \| 2 → 1 \|/)
  assert.match(markdown, /- attack blocked now on debian-13: `mount`\n/)
})

test('figures of another drop-in or probe are called older', () => {
  const now = profile({ ProtectHome: 'yes', CapabilityBoundingSet: '' })
  const old = measured(first)
  const [change] = compare([version(first, { measured: old })], [version(now, { measured: old })])
  assert.equal(change?.runs['debian-13']?.isCurrent, false)
  assert.match(
    asText([change], 'v1'),
    /not measured as it stands, so the figures are older: debian-13/,
  )
  const probe = { measured: old, probe: 'another' }
  const [other] = compare([version(first, { measured: old })], [version(first, probe)])
  assert.equal(other?.probeChanged, true)
  assert.equal(other.runs['debian-13']?.isCurrent, false)
})

test('what a stranger wrote stays text in Markdown', () => {
  const reason = '``` </details> <img src=x> @everyone | `a` end'
  const now = profile({ ProtectHome: { 'read-only': reason } })
  const markdown = asMarkdown(compare([version(first)], [version(now)]), '`v1`')
  assert.ok(markdown.includes(`\`\`\`\`ProtectHome read-only, because: ${reason}\`\`\`\``))
  // The fence of the diff is longer than any run of backticks in it.
  assert.match(markdown, /^````diff$/m)
})

test('a control character cannot forge a line', () => {
  const now = profile({ ProtectHome: { 'read-only': 'one\u001b[2Kx: removed' } })
  assert.ok(!asText(compare([version(first)], [version(now)]), 'v1').includes('\u001b'))
})
