import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareUnits } from './compare.ts'

const unit = (lines: string) => ({
  name: 'a.service',
  unit: `[Service]\nExecStart=/bin/true\n${lines}`,
})

test('a unit beside itself: nothing differs', () => {
  const { before, after, changes } = compareUnits(unit('UMask=0077\n'), unit('UMask=0077\n'))
  assert.deepEqual(changes, [])
  assert.equal(before.exposure, after.exposure)
})

test('each change has its share, and the shares add up', () => {
  const { before, after, changes } = compareUnits(
    unit('ProtectHome=read-only\nRestart=no\nUMask=0077\n'),
    unit(
      'ProtectHome=yes\nRestart=always\nCapabilityBoundingSet=\nNoNewPrivileges=yes\nUMask=0077\n',
    ),
  )
  assert.deepEqual(
    changes.map(({ key }) => key),
    ['CapabilityBoundingSet', 'NoNewPrivileges', 'ProtectHome', 'Restart'],
  )
  const won = changes.reduce((sum, change) => sum + change.won, 0)
  assert.equal(won, before.tenths - after.tenths)
  assert.ok(won > 0)
  const [caps, , home, restart] = changes
  assert.ok(caps!.rows.length > 10)
  assert.deepEqual([home!.gone, home!.come], [['read-only'], ['yes']])
  assert.deepEqual(restart!.rows, [])
  assert.equal(home!.exposure, after.exposure)
})

test('what loosens counts against', () => {
  const { changes } = compareUnits(unit('PrivateNetwork=yes\n'), unit(''))
  assert.equal(changes.length, 1)
  assert.ok(changes[0]!.won < 0)
  assert.deepEqual([changes[0]!.gone, changes[0]!.come], [['yes'], []])
})

test('drop-ins are merged first, and a list shows only the lines that differ', () => {
  const dropins: [string, string][] = [['x.conf', '[Service]\nCapabilityBoundingSet=CAP_CHOWN\n']]
  const { changes, after } = compareUnits(unit('CapabilityBoundingSet=CAP_KILL\n'), {
    ...unit('CapabilityBoundingSet=CAP_KILL\n'),
    dropins,
  })
  assert.deepEqual([changes[0]!.gone, changes[0]!.come], [[], ['CAP_CHOWN']])
  assert.equal(changes[0]!.exposure, after.exposure)
})

test('a setting of another section is not mixed up', () => {
  const { changes } = compareUnits(
    unit('PrivateTmp=yes\n'),
    unit('PrivateTmp=yes\n[Unit]\nDefaultDependencies=no\n'),
  )
  assert.deepEqual(
    changes.map(({ section, key }) => [section, key]),
    [['Unit', 'DefaultDependencies']],
  )
  assert.ok(changes[0]!.rows.length > 0)
})

test('a unit that systemd refuses has no comparison', () => {
  assert.throws(() => compareUnits(unit(''), unit('Type=dbus\n')), /BusName/)
})

test('of a setting that takes one value only the last counts', () => {
  const dropins: [string, string][] = [['x.conf', '[Service]\nProtectSystem=strict\n']]
  const before = unit('ProtectSystem=full\n')
  const [change] = compareUnits(before, { ...before, dropins }).changes
  assert.deepEqual([change!.gone, change!.come], [['full'], ['strict']])
  const same = [['x.conf', '[Service]\nProtectSystem=full\n']] as [string, string][]
  assert.deepEqual(compareUnits(before, { ...before, dropins: same }).changes, [])
})
