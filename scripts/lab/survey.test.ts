import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseListeners } from './listeners.ts'
import { parseSurvey } from './survey.ts'

const recorded = `Started=yes
Type=simple
ExecReload={ path=/bin/kill ; argv[]=/bin/kill -USR1 $MAINPID ; ignore_errors=no }
User=
DynamicUser=no
Steady=yes
Process=78 tinyproxy
Open=/var/log/tinyproxy/tinyproxy.log
Open=/var/log/$(reboot)
Socket=tcp   LISTEN 0      1024         0.0.0.0:8888  0.0.0.0:*    users:(("tinyproxy",pid=78,fd=3))
Socket=tcp   LISTEN 0      1024            [::]:8888     [::]:*    users:(("tinyproxy",pid=78,fd=4))
Socket=u_str LISTEN 0 4096 /run/systemd/private 9711 * 0 users:(("systemd",pid=1,fd=22))
Section=web
Homepage=https://tinyproxy.github.io/
Synopsis=Lightweight, non-caching, optionally anonymizing HTTP proxy
Section=web
Homepage=https://tinyproxy.github.io/
Synopsis=Lightweight, non-caching, optionally anonymizing HTTP proxy
Rotation=/etc/logrotate.d/tinyproxy
`

test('what the machine says becomes a survey', () => {
  assert.deepEqual(parseSurvey('tinyproxy.service', recorded), {
    unit: 'tinyproxy.service',
    started: true,
    type: 'simple',
    reloads: true,
    user: '',
    steady: true,
    accounts: ['tinyproxy'],
    listeners: [
      { kind: 'tcp', address: '0.0.0.0', port: 8888 },
      { kind: 'tcp', address: '::', port: 8888 },
    ],
    openFiles: ['/var/log/tinyproxy/tinyproxy.log'],
    rotations: ['/etc/logrotate.d/tinyproxy'],
    section: 'web',
    homepage: 'https://tinyproxy.github.io/',
    synopsis: 'Lightweight, non-caching, optionally anonymizing HTTP proxy',
  })
})

test('a unit that does not start has nothing to show', () => {
  const { started, steady, accounts, listeners } = parseSurvey('x.service', 'Type=forking\n')
  assert.deepEqual([started, steady, accounts, listeners], [false, false, [], []])
})

test('sockets of others, passing ports and names without a file are left aside', () => {
  const lines = [
    'udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:* users:(("named",pid=9,fd=1),("named",pid=10,fd=1))',
    'udp UNCONN 0 0 0.0.0.0:41233 0.0.0.0:* users:(("named",pid=9,fd=2))',
    'tcp LISTEN 0 128 *:953 *:* users:(("named",pid=9,fd=3))',
    'tcp LISTEN 0 128 *:953 *:* users:(("named",pid=9,fd=4))',
    'tcp LISTEN 0 128 [fe80::1]%eth0:953 [::]:* users:(("named",pid=9,fd=5))',
    'tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=99,fd=3))',
    'tcp LISTEN 0 128 0.0.0.0:80 0.0.0.0:*',
    'u_str LISTEN 0 5 /run/named/control 77 * 0 users:(("named",pid=9,fd=6))',
    'u_dgr UNCONN 0 0 /run/named/log 78 * 0 users:(("named",pid=9,fd=7))',
    'u_str LISTEN 0 5 @abstract 79 * 0 users:(("named",pid=9,fd=8))',
  ]
  assert.deepEqual(parseListeners(lines, [9, 10]), [
    { kind: 'udp', address: '127.0.0.53', port: 53 },
    { kind: 'tcp', address: '*', port: 953 },
    { kind: 'tcp', address: 'fe80::1', port: 953 },
    { kind: 'stream', path: '/run/named/control' },
    { kind: 'other', path: '/run/named/log' },
  ])
})
