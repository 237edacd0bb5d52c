import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linesToWrite, messageFits, messagesFor, pathIn } from './messages.ts'
import type { Message } from './messages.ts'

test('a message fits by any of its texts, in any case; the longest counts, and two halves more', () => {
  const seen = ['Read-only file system', 'EROFS', 'chown…Invalid']
  const fits = (line: string) => messageFits({ seen }, line)
  assert.equal(fits('touch: READ-ONLY file system'), 'Read-only file system'.length)
  assert.equal(fits('EROFS: read-only file system, open'), 'Read-only file system'.length)
  assert.equal(fits('chown: x: Invalid argument'), 'chown…Invalid'.length * 2)
  assert.equal(fits('Invalid chown'), 0)
  assert.equal(fits(''), 0)
})

test('the path that a line complains of', () => {
  const cases: [string, string | undefined][] = [
    [
      'Failed to set up mount namespacing: /var/lib/none: No such file or directory',
      '/var/lib/none',
    ],
    ['Failed at step NAMESPACE spawning /bin/true: No such file or directory', undefined],
    ["touch: cannot touch '/etc/x': Read-only file system", '/etc/x'],
    ['mkdir: cannot create directory ‘/home/x’: Read-only file system', '/home/x'],
    ['/bin/sh: 1: cannot create /var/lib/x: Read-only file system', '/var/lib/x'],
    [
      'open() "/var/log/nginx/access.log" failed (30: Read-only file system)',
      '/var/log/nginx/access.log',
    ],
    ['EROFS: read-only file system, open /srv/app/log.txt.', '/srv/app/log.txt'],
    ['and/or, 1/2', undefined],
    ['no path', undefined],
  ]
  for (const [line, wanted] of cases) assert.equal(pathIn(line), wanted, line)
})

test('lines to write', () => {
  const lines = ['ReadWritePaths=-{path}', 'PrivateDevices=no']
  assert.deepEqual(linesToWrite(lines, '/var/lib/x'), [
    'ReadWritePaths=-/var/lib/x',
    'PrivateDevices=no',
  ])
  assert.deepEqual(linesToWrite(lines, '/var/log/x/a.log'), [
    'ReadWritePaths=-/var/log/x',
    'PrivateDevices=no',
  ])
  assert.deepEqual(linesToWrite(lines, '/a.log'), ['ReadWritePaths=-/a.log', 'PrivateDevices=no'])
  assert.deepEqual(linesToWrite(lines, undefined), ['PrivateDevices=no'])
  assert.deepEqual(linesToWrite(['DeviceAllow={path} rw'], '/dev/x.y'), ['DeviceAllow=/dev/x.y rw'])
})

test('what systemd says of a start goes before the error that it repeats', () => {
  const message = (group: string, ...seen: string[]) => ({ group, seen }) as unknown as Message
  const messages = {
    missing: message('running', 'No such file or directory'),
    namespace: message('start', 'namespacing'),
    short: message('running', 'No such'),
  }
  assert.deepEqual(messagesFor('namespacing: /x: No such file or directory', messages), [
    'namespace',
  ])
  assert.deepEqual(messagesFor('x: No such file or directory', messages), ['missing', 'short'])
  assert.deepEqual(messagesFor('all is well', messages), [])
})
