import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exec } from './exec.ts'
import { checkNames, draftProbe } from './probe-draft.ts'
import type { Survey } from './survey.ts'

const survey: Survey = {
  ...{ unit: 'x.service', started: true, type: 'simple', reloads: true, user: '', steady: true },
  ...{
    accounts: ['root', 'www-data'],
    rotations: ['/etc/logrotate.d/x'],
    openFiles: ['/var/log/x.log'],
  },
  listeners: [
    { kind: 'tcp', address: '*', port: 80 },
    { kind: 'udp', address: '0.0.0.0', port: 53 },
    { kind: 'stream', path: '/run/x.sock' },
  ],
  ...{ section: 'web', homepage: '', synopsis: '' },
}

/** bats's own form for a test is the one thing that a shell does not read. */
async function assertShell(probe: string) {
  const text = probe.replace(/^@test "[^"]*" \{$/gm, 'f() {')
  const { code, stderr } = await exec(['bash', '-n'], { input: text })
  assert.equal(code, 0, stderr)
}

test('a daemon that does everything gets every check, the stop last', async () => {
  const names = checkNames(survey)
  assert.deepEqual(names, [
    'starts and keeps the processes that it began with',
    'runs as the users that it is meant to',
    'holds its files open, logs too',
    'listens where it is meant to',
    'reloads without going away',
    'lets go of its old logs when they are rotated',
    'comes back from a restart',
    'stops cleanly and leaves nothing behind',
  ])
  const probe = draftProbe('x', survey)
  assert.deepEqual(
    [...probe.matchAll(/^@test "(.*)" \{$/gm)].map(([, name]) => name),
    names,
  )
  for (const line of [
    'nc -z -w 2 192.0.2.10 80',
    'nc -z -w 2 2001:db8::10 80',
    "ss -Hlnu 'sport = :53' | grep -q .",
    "nc -z -w 2 -U '/run/x.sock'",
    '[ "$(users)" = "root www-data" ]',
    'logrotate --force /etc/logrotate.d/x',
    'eventually holds /var/log/x.log',
  ]) {
    assert.ok(probe.includes(line), line)
  }
  await assertShell(probe)
})

test('what a service does not have is not checked', async () => {
  const bare = {
    reloads: false,
    steady: false,
    accounts: ['root'],
    rotations: [],
    listeners: [],
    openFiles: [],
  }
  const plain: Survey = { ...survey, ...bare }
  assert.deepEqual(checkNames(plain), [
    'starts and stays up',
    'comes back from a restart',
    'stops cleanly and leaves nothing behind',
  ])
  assert.deepEqual(checkNames({ ...plain, type: 'oneshot' }), ['runs to its end'])
  await assertShell(draftProbe('x', plain))
  await assertShell(draftProbe('x', { ...plain, type: 'oneshot' }))
})

test('a check that fails by itself can be left out', () => {
  const without = ['stops cleanly and leaves nothing behind', 'reloads without going away']
  const probe = draftProbe('x', survey, without)
  for (const name of without) assert.ok(!probe.includes(name))
  assert.ok(probe.includes('comes back from a restart'))
})
