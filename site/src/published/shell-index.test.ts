import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Profile } from '../../../scripts/core/profile/types.ts'
import { fencedSh } from './fenced-sh.ts'
import { renderingsOf } from './renderings.ts'
import { shellFiles } from './shell-files.ts'
import { shellIndex } from './shell-index.ts'
import { shellMessages } from './shell-messages.ts'

const directives = {
  ProtectSystem: { stage: 'filesystem', type: 'enum', since: 214 } as never,
  ProtectClock: { stage: 'kernel', type: 'switch', since: 245 } as never,
  PrivateUsers: {
    ...{ stage: 'kernel', type: 'enum', since: 232, valuesSince: { identity: 257 } },
  } as never,
}
const profile = {
  id: 'web',
  name: 'Web',
  unit: { 'debian-12': 'web1.service', 'debian-13': 'web2.service' },
  directives: { ProtectSystem: 'strict', ProtectClock: 'yes', PrivateUsers: 'identity' },
  options: { old: { question: 'Is it old?', directives: { ProtectSystem: 'full' } } },
} as unknown as Profile
const left = {
  id: 'cron',
  name: 'cron',
  unit: 'cron.service',
  advice: 'skip',
} as unknown as Profile
const entries = [profile, left].map((one) => ({ id: one.id, profile: one, probe: '' }))
const data = { entries, directives, platforms: [], messages: {} }
const rows = shellIndex(data)
  .split('\n')
  .map((line) => line.split('\t'))

test('older renderings are there where an older systemd does not know it all, and nowhere else', () => {
  assert.deepEqual(
    renderingsOf(entries[0]!, directives).map(({ path, systemd }) => [path, systemd]),
    [
      ['hardening.conf', 257],
      ['systemd-245/hardening.conf', 245],
      ['site-old.conf', 214],
      ['stages/filesystem.conf', 214],
      ['stages/kernel.conf', 257],
      ['systemd-245/stages/kernel.conf', 245],
    ],
  )
})

test('an older rendering leaves out what is too new, and says so', () => {
  const [, older] = renderingsOf(entries[0]!, directives)
  assert.match(older!.text, /^# PrivateUsers= is left out here: it needs systemd 257\.$/m)
  assert.doesNotMatch(older!.text, /^PrivateUsers=/m)
  assert.match(older!.text, /^ProtectClock=yes$/m)
})

test('each unit has a row, and what is better left alone says so', () => {
  assert.deepEqual(
    rows.filter(([kind]) => kind === 'unit'),
    [
      ['unit', 'web1.service', 'web'],
      ['unit', 'web2.service', 'web'],
      ['unit', 'cron.service', 'cron', 'skip'],
    ],
  )
})

test('every file that the index names is published', () => {
  const paths = new Set(shellFiles(data).map(({ path }) => path))
  const named = rows.filter(([kind]) => kind === 'file')
  assert.equal(named.length, 6)
  for (const row of named) assert.ok(paths.has(row[6]!), row[6])
})

test('no row holds what would part it otherwise', () => {
  for (const row of rows.slice(0, -1)) {
    if (!row[0]?.startsWith('#')) assert.ok([3, 4, 6, 7].includes(row.length), row.join('|'))
  }
})

test('a message becomes a pattern that means itself', () => {
  const message = { group: 'running', directives: ['ReadWritePaths'] }
  const text = shellMessages({
    one: { ...message, seen: ['PID file…(Read-only) a.b'] } as never,
    none: { ...message, seen: ['x'], directives: [] } as never,
  })
  const [pattern, causes] = text.split('\n').at(-2)!.split('\t')
  assert.equal(causes, 'ReadWritePaths')
  assert.equal(pattern, 'pid file.*[(]read-only[)] a[.]b')
})

test('the script knows the site that it was published on, and only a site', () => {
  assert.match(
    fencedSh("#!/bin/sh\nfrom=''\n", 'https://example.org'),
    /^from='https:\/\/example\.org'$/m,
  )
  assert.throws(() => fencedSh('#!/bin/sh\n', 'https://example.org'))
  assert.throws(() => fencedSh("from=''\n", "https://x'; rm"))
})
