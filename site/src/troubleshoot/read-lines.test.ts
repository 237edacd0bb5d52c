import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLines } from './read-lines.ts'

test('time, host and process id go, who speaks stays', () => {
  const text = 'open() failed (30: Read-only file system)'
  const forms = [
    `Nov 23 10:00:00 web1 nginx[123]: ${text}`,
    `Nov  3 10:00:00.123456 web1 nginx[123]: ${text}`,
    `2026-11-24T20:28:52+0000 web1.example.org nginx[1]: ${text}`,
    `2026-11-24T20:28:52.123456+00:00 web1 nginx: ${text}`,
    `2026-11-24 20:28:52.123 UTC web1 nginx[1]: ${text}`,
    `Tue 2026-11-24 20:28:52 UTC web1 nginx[1]: ${text}`,
    `[   12.345678] web1 nginx[1]: ${text}`,
    `     Nov 23 10:00:00 web1 (nginx)[123]: ${text}`,
    JSON.stringify({ MESSAGE: text, SYSLOG_IDENTIFIER: 'nginx' }),
  ]
  for (const form of forms)
    assert.deepEqual(readLines(form.trim()), [{ from: 'nginx', text }], form)
})

test('a line without a head is taken as it is', () => {
  const line = 'nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)'
  assert.deepEqual(readLines(`${line}\n`), [{ from: '', text: line }])
  assert.deepEqual(readLines('{ not json'), [{ from: '', text: '{ not json' }])
})

test('what is no message is left out, and each message comes once', () => {
  assert.deepEqual(readLines('-- Boot 1234 --\n\n░░ Subject: A unit failed\n-- No entries --'), [])
  assert.equal(readLines('a: b\na: b\n').length, 1)
})

test('of a long journal the end counts', () => {
  const lines = Array.from({ length: 2000 }, (_, index) => `line ${index}`)
  assert.equal(readLines(lines.join('\n')).at(-1)!.text, 'line 1999')
  assert.equal(readLines(lines.join('\n')).length, 500)
})
