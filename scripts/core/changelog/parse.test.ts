import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseChangelog } from './parse.ts'

const ids = ['nginx', 'redis-server']
const parse = (...lines: string[]) => parseChangelog('CHANGELOG.md', lines.join('\n'), ids)
const places = (...lines: string[]) =>
  parse(...lines).problems.map(({ line, col, message }) => `${line}:${col} ${message}`)

const head = ['# Changelog', '', 'For users of the drop-ins.', '']

test('every change has its day, service, kind, what and why', () => {
  const { changes, problems } = parse(
    ...head,
    '## 2026-12-01',
    '',
    '- **nginx** tightened: SystemCallFilter denies `@keyring`, because no check needs it.',
    '- **redis-server** loosened: AF_NETLINK is allowed because',
    '  a replica asks for its routes,',
    '  and failed without.',
    '',
    '## 2026-11-24',
    '- **nginx** added: the drop-in, because people ask for it',
  )
  assert.deepEqual(problems, [])
  assert.deepEqual(changes, [
    {
      date: '2026-12-01',
      service: 'nginx',
      kind: 'tightened',
      what: 'SystemCallFilter denies `@keyring`',
      why: 'no check needs it',
    },
    {
      date: '2026-12-01',
      service: 'redis-server',
      kind: 'loosened',
      what: 'AF_NETLINK is allowed',
      why: 'a replica asks for its routes, and failed without',
    },
    {
      date: '2026-11-24',
      service: 'nginx',
      kind: 'added',
      what: 'the drop-in',
      why: 'people ask for it',
    },
  ])
})

test('an empty changelog has no change and no problem', () => {
  assert.deepEqual(parse(...head), { changes: [], problems: [] })
  assert.deepEqual(parse(''), { changes: [], problems: [] })
})

test('days are days, the newest first, each once', () => {
  assert.deepEqual(places('## Unreleased'), ['1:1 "Unreleased" is no day'])
  assert.deepEqual(places('## 2026-02-30'), ['1:1 "2026-02-30" is no day'])
  assert.deepEqual(places('### 2026-02-03'), ['1:1 "2026-02-03" is no day'])
  assert.deepEqual(places('## 2026-11-24', '## 2026-11-25'), [
    '2:4 2026-11-25 comes after 2026-11-24',
  ])
  assert.deepEqual(places('## 2026-11-24', '## 2026-11-24'), ['2:4 2026-11-24 stands here twice'])
})

test('a change that cannot be read says what is missing, at its place', () => {
  const of = (line: string) => places('## 2026-11-24', line)
  assert.deepEqual(of('- nginx is better now'), ['2:1 this is no change of a profile'])
  assert.deepEqual(of('some words'), ['2:1 this is no change of a profile'])
  assert.deepEqual(of('- **ngnix** fixed: a, because b'), ['2:5 there is no profile ngnix'])
  assert.deepEqual(of('- **nginx** tightend: a, because b'), ['2:13 tightend is no kind of change'])
  assert.deepEqual(of('- **nginx** fixed: a'), ['2:13 the change gives no reason'])
  assert.deepEqual(of('- **nginx** fixed: a\u202e, because b'), ['2:21 an invisible character'])
  assert.deepEqual(places('- **nginx** fixed: a, because b'), ['1:1 a change without a day'])
})

test('it says which word was meant', () => {
  const [problem] = parse('## 2026-11-24', '- **nginx** tightend: a, because b').problems
  assert.equal(problem?.fix, 'did you mean tightened?')
})
