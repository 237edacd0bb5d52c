import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explain, parseJournal, tidy, usualLines } from './journal.ts'
import type { LogLine } from './journal.ts'

for (const [line, tidied] of [
  [
    '2026/08/24 10:00:00 [emerg] 1234#1234: setgid(33) failed (1: Operation not permitted)',
    '[emerg] setgid(33) failed (1: Operation not permitted)',
  ],
  [
    '2026/08/24 10:00:00 [crit] 12#12: *5 open() "/var/lib/nginx/body/0000000001" failed (13: Permission denied)',
    '[crit] open() "/var/lib/nginx/body/0000000001" failed (13: Permission denied)',
  ],
  ['187:M 24 Aug 2026 10:00:00.123 # Fatal: no socket', '# Fatal: no socket'],
  ['2026-08-24 10:00:00.123 UTC [1234] FATAL:  could not open file', 'FATAL: could not open file'],
  ['2026-08-24 10:00:00 0 [ERROR] mariadbd: Aborting', '[ERROR] mariadbd: Aborting'],
  ['[24-Aug-2026 10:00:00] ERROR: failed to fork', 'ERROR: failed to fork'],
  ['1724500000: Error: Address family not supported', 'Error: Address family not supported'],
  ["[1724500000] unbound[12:0] error: can't bind", "unbound error: can't bind"],
  [
    'time=2026-08-24T10:00:00.123Z level=ERROR msg="collector failed" duration_seconds=1',
    'level=ERROR msg="collector failed" duration_seconds=1',
  ],
  [
    '{"level":"error","ts":1724500000.123,"msg":"unable to autosave"}',
    '{"level":"error","msg":"unable to autosave"}',
  ],
  ['UTC m=+0.042094708 write error: read-only', 'UTC write error: read-only'],
  [
    'x.service: Main process exited, code=killed, status=31/SYS',
    'x.service: Main process exited, code=killed, status=31/SYS',
  ],
  ['killed process 4711 of client 127.0.0.1:45678', 'killed process N of client 127.0.0.1:PORT'],
  ['binds 192.0.2.10:8080 and port 443', 'binds 192.0.2.10:8080 and port 443'],
  [
    '/tmp/systemd-private-0123456789abcdef0123456789abcdef-nginx.service-AbC123/tmp gone',
    '/tmp/systemd-private-ID-nginx.service/tmp gone',
  ],
  ['cannot read /tmp/tmp.Ab3dE6gH/file', 'cannot read /tmp/tmp/file'],
  ['open() "/srv/missing-325551610" failed', 'open() "/srv/missing-N" failed'],
  ['timed out after 10002 milliseconds', 'timed out after N milliseconds'],
  ['Failed opening temp-506.rdb for saving', 'Failed opening temp-N.rdb for saving'],
] as const) {
  test(`tidy: ${tidied}`, () => assert.equal(tidy(line), tidied))
}

const line = (from: LogLine['from'], text: string): LogLine => ({ from, text })

test('explain prefers the service, then systemd, then the check', () => {
  const service = line(
    'service',
    '[emerg] 1#1: bind() to 0.0.0.0:80 failed (13: Permission denied)',
  )
  const systemd = line(
    'systemd',
    'nginx.service: Main process exited, code=exited, status=1/FAILURE',
  )
  const output =
    "(in test file /probe/probe.bats, line 3)\n  `curl' failed\ncurl: (7) Failed to connect"
  assert.equal(
    explain([systemd, service], output),
    '[emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)',
  )
  assert.equal(explain([systemd], output), systemd.text)
  assert.equal(explain([], output), 'curl: (7) Failed to connect')
  assert.equal(
    explain([], "(in test file /probe/probe.bats, line 3)\n  `[ 1 = 2 ]' failed"),
    "`[ 1 = 2 ]' failed",
  )
  assert.equal(explain([], ''), '')
})

test('explain passes over what is usual', () => {
  const usual = line('service', '2026/08/24 10:00:00 [error] 5#5: *1 open() "/srv/missing" failed')
  const again = line('service', '2026/08/24 10:09:09 [error] 7#7: *3 open() "/srv/missing" failed')
  const cause = line('systemd', 'x.service: Failed at step NAMESPACE spawning /bin/x: No such file')
  assert.equal(explain([again, cause], '', usualLines([usual])), cause.text)
})

test('explain passes over lines that tell of no trouble', () => {
  const lines = [
    line('service', 'server started, ready'),
    line('systemd', 'Started x.service - Example.'),
    line('systemd', 'x.service: Deactivated successfully.'),
  ]
  assert.equal(explain(lines, ''), '')
})

test('parseJournal tells systemd from the service, bytes and lines included', () => {
  const json = [
    { MESSAGE: 'Starting x', _PID: '1', _COMM: 'systemd' },
    {
      MESSAGE: 'x.service: Failed at step EXEC',
      _PID: '9',
      _COMM: '(x)',
      SYSLOG_IDENTIFIER: '(x)',
    },
    { MESSAGE: [104, 105], _PID: '9', _COMM: 'x' },
    { MESSAGE: 'one\ntwo', _PID: '9', _COMM: 'x' },
    { MESSAGE: null, _PID: '9' },
  ]
  assert.deepEqual(parseJournal(json.map((entry) => JSON.stringify(entry)).join('\n')), [
    line('systemd', 'Starting x'),
    line('systemd', 'x.service: Failed at step EXEC'),
    line('service', 'hi'),
    line('service', 'one'),
    line('service', 'two'),
    line('service', ''),
  ])
})

test('parseJournal leaves out an entry that was cut off', () => {
  const whole = JSON.stringify({ MESSAGE: 'one', _PID: '9', _COMM: 'x' })
  assert.deepEqual(parseJournal(`${whole}\n${whole.slice(0, 20)}`), [line('service', 'one')])
})
