import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNearest } from './nearest.ts'
import { readLines } from './read-lines.ts'

const record = (id: string, message: string) => ({ names: [id], message })
const all = [
  record(
    'nginx',
    'nginx: [emerg] chown("/var/lib/nginx/body", 33) failed (1: Operation not permitted)',
  ),
  record('nginx', 'nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)'),
  record('haproxy', 'Starting proxy web: cannot bind socket (Permission denied) [0.0.0.0:80]'),
  record(
    'mariadb',
    "Can't create/write to file '/var/lib/mysql/x' (Errcode: 30 \"Read-only file system\")",
  ),
  record('redis', "Can't open the log file: Read-only file system"),
]
const nearest = createNearest(all)
const find = (text: string) => nearest(readLines(text)).map(({ recorded }) => recorded)

test('the same words are nearest, at their full value', () => {
  for (const recorded of all) {
    const [first] = nearest(readLines(recorded.message))
    assert.equal(first!.recorded, recorded)
    assert.equal(first!.nearness, 1)
  }
})

test('another path, another figure and a head of the journal do not matter', () => {
  assert.equal(
    find(
      'Nov 23 10:00:00 h nginx[9]: nginx: [emerg] chown("/var/cache/nginx/client_temp", 101) failed (1: Operation not permitted)',
    )[0],
    all[0],
  )
})

test('who speaks decides between two that are alike', () => {
  const line = (from: string) => `Nov 23 10:00:00 h ${from}[9]: could not bind: Permission denied`
  assert.equal(find(line('nginx'))[0], all[1])
  assert.equal(find(line('haproxy'))[0], all[2])
})

test('of many lines each finds its own, and the line is told', () => {
  const hits = nearest(
    readLines(`Starting up\n${all[3]!.message}\nShutting down\n${all[4]!.message}`),
  )
  assert.deepEqual(
    hits
      .slice(0, 2)
      .map(({ recorded }) => recorded)
      .toSorted(),
    [all[3], all[4]].toSorted(),
  )
  for (const { recorded, line } of hits.slice(0, 2)) assert.equal(line.text, recorded.message)
})

test('what is like none of them finds none', () => {
  for (const text of [
    '',
    'Started nginx.service - A high performance web server.',
    'hello world',
    '1234',
  ])
    assert.deepEqual(find(text), [], text)
})

test('without records there is nothing to find', () => {
  assert.deepEqual(createNearest([])(readLines('Permission denied')), [])
})
