import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attackUnit, attackUnitName } from './attack-unit.ts'

const settings = (text: string, dropIns: string[] = [], unit = 'x.service') =>
  attackUnit(text, unit, dropIns, '/bin/true')
    .split('\n')
    .filter(
      (line) => !/^(\[|Standard|Timeout|RuntimeDirectoryPreserve|Type|ExecStart|$)/.test(line),
    )

test('keeps the sandbox and the user, and leaves out what the service does', () => {
  const text = `# /lib/systemd/system/x.service
[Unit]
Requires=y.service
[Service]
Type=forking
PIDFile=/run/x.pid
ExecStartPre=/usr/sbin/x -t \\
# a comment in between
  -c /etc/x
ExecStart=/usr/sbin/x
Restart=on-failure
User=x
RuntimeDirectory=x
CapabilityBoundingSet=CAP_CHOWN \\
  CAP_KILL
[Install]
WantedBy=multi-user.target`
  assert.deepEqual(settings(text), [
    'User=x',
    'RuntimeDirectory=x',
    'CapabilityBoundingSet=CAP_CHOWN    CAP_KILL',
  ])
})

test('puts drop-ins after the unit, so that they win', () => {
  assert.deepEqual(settings('[Service]\nProtectHome=no', ['[Service]\nProtectHome=yes\n']), [
    'ProtectHome=no',
    'ProtectHome=yes',
  ])
})

test('lets perl run where the sandbox lets nothing run', () => {
  assert.equal(settings('[Service]\nNoExecPaths=/\nExecPaths=/usr/sbin/x').length, 3)
})

test('keeps the instance and what the names of the unit stand for', () => {
  assert.equal(attackUnitName('postgresql@17-main.service'), 'fenced-attack@17-main.service')
  assert.equal(attackUnitName('nginx.service'), 'fenced-attack.service')
  const text = '[Service]\nRuntimeDirectory=%p\nReadWritePaths=/a/%i /b/%N /c/%%n'
  assert.deepEqual(settings(text, [], 'pg@17-main.service'), [
    'RuntimeDirectory=pg',
    'ReadWritePaths=/a/%i /b/pg@17-main /c/%%n',
  ])
})
