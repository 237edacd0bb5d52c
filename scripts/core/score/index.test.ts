import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  levelOf,
  loadAllTables,
  ScoreError,
  scoreSettings,
  scoreUnit,
  systemdVersions,
} from './index.ts'

await loadAllTables()
const bare = '[Service]\nExecStart=/bin/true\n'
const score = (lines: string, options: { systemd?: string; offline?: boolean } = {}) =>
  scoreUnit({ name: 'a.service', unit: bare + lines, ...options })

describe('scoreUnit', () => {
  for (const systemd of systemdVersions) {
    it(`gives a bare unit 9.6 live on ${systemd}`, () => {
      assert.equal(score('', { systemd }).exposure, '9.6')
    })
  }

  it('counts unset PrivateMounts as good offline from 254', () => {
    assert.equal(score('', { systemd: '252', offline: true }).exposure, '9.6')
    assert.equal(score('', { systemd: '257', offline: true }).exposure, '9.4')
  })

  it('refuses what systemd refuses, in a sentence', () => {
    assert.throws(() => score('User=root:\n'), ScoreError)
    assert.throws(() => scoreUnit({ name: 'a.service', unit: '' }), /masked/)
    assert.throws(() => scoreUnit({ name: 'a.service', unit: '[Service]\n' }), /ExecStart/)
    assert.throws(() => score('', { systemd: '200' }), /choose one of 247, 252/)
  })

  it('takes a credential without content for none, so that the type stays oneshot', () => {
    const unit = (value: string) =>
      `[Unit]\nSuccessAction=reboot\n[Service]\nSetCredential=${value}\n`
    assert.equal(scoreUnit({ name: 'a.service', unit: unit('a:') }).exposure, '9.6')
    assert.throws(() => scoreUnit({ name: 'a.service', unit: unit('a:b') }), /Type=exec/)
  })

  it('keeps the name on the bus where an empty one follows, so that the type stays dbus', () => {
    const unit = (more: string) => `[Unit]\nSuccessAction=reboot\n[Service]\n${more}`
    const names = ['BusName=\n', 'BusName=org.example.X\nBusName=\n']
    assert.equal(scoreUnit({ name: 'a.service', unit: unit(names[0]!) }).exposure, '9.6')
    assert.throws(() => scoreUnit({ name: 'a.service', unit: unit(names[1]!) }), /ExecStart/)
  })

  it('reads drop-ins after the unit, by base name', () => {
    const dropins: [string, string][] = [
      ['a.service.d/9.conf', '[Service]\nPrivateNetwork=no\n'],
      ['a.service.d/10.conf', '[Service]\nPrivateNetwork=yes\n'],
      ['b.service.d/99.conf', '[Service]\nPrivateNetwork=yes\n'],
    ]
    const { rows } = scoreUnit({ name: 'a.service', unit: bare, dropins })
    assert.equal(rows.find(({ field }) => field === 'PrivateNetwork')!.set, false)
  })
})

describe('scoreSettings', () => {
  it('scores recorded settings as the unit would be', () => {
    const settings = ['Unit.DefaultDependencies=no', 'PrivateTmp=yes', 'ProtectSystem=full']
    const unit = `[Unit]\nDefaultDependencies=no\n${bare}PrivateTmp=yes\nProtectSystem=full\nNoNewPrivileges=yes\n`
    assert.deepEqual(
      scoreSettings(settings, '252', { dropIns: ['[Service]\nNoNewPrivileges=yes\n'] }),
      scoreUnit({ name: 'unit.service', unit, systemd: '252' }),
    )
  })
})

describe('levelOf', () => {
  it('takes the highest bound that is not above the exposure', () => {
    const levels = [100, 99, 90, 89, 75, 50, 49, 10, 9, 1, 0].map(levelOf)
    assert.deepEqual(
      levels,
      'DANGEROUS UNSAFE UNSAFE EXPOSED EXPOSED MEDIUM OK OK SAFE SAFE PERFECT'.split(' '),
    )
  })
})
