import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withMachine } from './machine.ts'
import { findPlatform } from './platforms.ts'
import { skipReason } from './require-host.ts'
import { findUnit, surveyUnit } from './survey.ts'
import { toCandidates, writtenSince } from './written.ts'

const platform = findPlatform('debian-13')
const boot = { platform, packages: [] }

describe('what a machine says of a service', { skip: skipReason() }, () => {
  it('knows the unit of a package, how it runs and where it listens', async () => {
    await withMachine(boot, async (machine) => {
      const unit = await findUnit(machine, 'dbus', ['dbus'])
      assert.equal(unit, 'dbus.service')
      const survey = await surveyUnit(machine, unit, ['dbus'])
      const { started, type, reloads, accounts, listeners, section } = survey
      assert.deepEqual([started, type, reloads], [true, 'notify', true])
      assert.deepEqual(accounts, ['messagebus'])
      assert.deepEqual(listeners, [{ kind: 'stream', path: '/run/dbus/system_bus_socket' }])
      assert.equal(section, 'admin')
      await assert.rejects(
        findUnit(machine, 'bats', ['bats']),
        /bats brings no service; say --unit/,
      )
      await assert.rejects(surveyUnit(machine, 'x.service', ['bats']), /brings no unit x\.service/)
      await assert.rejects(findUnit(machine, 'x', ['udev']), /which of its services\? Say --unit/)
    })
  })

  it('finds the directories that are written, pid files that are gone again too', async () => {
    await withMachine(boot, async (machine) => {
      const { stdout, stderr } = await machine.run(`
        mkdir -p /run/fenced /var/lib/x/deep /run/x /srv/old
        touch /srv/old/file; sleep 1; touch /run/fenced/logs; sleep 0.1
        touch /var/lib/x/deep/file /run/x/pid; rm /run/x/pid
        ${writtenSince}`)
      assert.equal(stderr, '')
      const found = toCandidates(stdout.split('\n').filter((path) => path.startsWith('/')))
      assert.ok(found.includes('/run/x') && found.includes('/var/lib/x'), found.join(' '))
      assert.ok(!found.includes('/srv/old') && !found.includes('/var/lib/x/deep'), found.join(' '))
    })
  })
})
