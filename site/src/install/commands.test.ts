import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editByHand, installForGood, installUntilReboot, undo } from './commands.ts'

const target = { id: 'web', unit: 'web.service', file: 'hardening.conf', sha256: 'ab'.repeat(32) }
const template = { ...target, unit: 'db@.service' }

test('the checksum stands between download and installation, and each step needs the one before', () => {
  const lines = installForGood(target).split('\n')
  assert.equal(lines[1], `echo '${target.sha256}  hardening.conf' | sha256sum -c &&`)
  assert.ok(lines[2]?.includes('/etc/systemd/system/web.service.d/hardening.conf'))
  assert.ok(lines.slice(0, -1).every((line) => line.endsWith(' &&')))
})

test('until reboot means /run', () => {
  assert.match(installUntilReboot(target), /\/run\/systemd\/system\/web\.service\.d\//)
  assert.doesNotMatch(installUntilReboot(target), /\/etc\//)
})

test('a template is edited as such, and its running instances are restarted', () => {
  assert.match(editByHand(template), /systemctl edit db@\.service\n/)
  assert.match(editByHand(template), /systemctl restart 'db@\*\.service'/)
})

test('undo is one line and removes the file wherever it was put', () => {
  const line = undo(template)
  assert.doesNotMatch(line, /\n/)
  for (const place of ['/etc', '/run']) {
    assert.ok(line.includes(`${place}/systemd/system/db@.service.d/hardening.conf`))
  }
})
