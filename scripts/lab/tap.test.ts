import assert from 'node:assert/strict'
import { test } from 'node:test'
import { optionTags, parseTap, tagFilter } from './tap.ts'

const recorded = `1..5
ok 1 serves a static file
not ok 2 binds port 80
# (in test file /probe/probe.bats, line 12)
#   \`curl -sf http://127.0.0.1/' failed with status 7
# curl: (7) Failed to connect
ok 3 speaks HTTP/3 # skip not in this package
not ok 4 reloads under traffic # timeout after 30s
# (in test file /probe/probe.bats, line 40)
# bats warning: Executed 4 instead of expected 5 tests
`

test('parseTap reads names, outcomes and what failing tests printed', () => {
  assert.deepEqual(parseTap(recorded), {
    planned: 5,
    checks: [
      { name: 'serves a static file', outcome: 'pass', output: '' },
      {
        name: 'binds port 80',
        outcome: 'fail',
        output:
          "(in test file /probe/probe.bats, line 12)\n  `curl -sf http://127.0.0.1/' failed with status 7\ncurl: (7) Failed to connect",
      },
      { name: 'speaks HTTP/3', outcome: 'skip', output: '' },
      {
        name: 'reloads under traffic',
        outcome: 'fail',
        output: 'timeout after 30s\n(in test file /probe/probe.bats, line 40)',
      },
    ],
  })
})

test('parseTap names a failed fixture for what it is', () => {
  const { checks } = parseTap("1..3\nnot ok 1 setup_file failed\n#   `false' failed\n")
  assert.deepEqual(checks, [{ name: 'setup_file', outcome: 'fail', output: "  `false' failed" }])
})

test('parseTap finds nothing in text that is no TAP', () => {
  assert.deepEqual(parseTap('bash: bats: command not found\n'), { planned: 0, checks: [] })
})

const probe =
  '# bats test_tags=option:home\n@test "a" {\n}\n# bats test_tags=slow, option:local\n@test "b" {\n}\n'

test('tagFilter leaves the checks of options out, or chooses one option', () => {
  assert.deepEqual(optionTags(probe), ['option:home', 'option:local'])
  assert.deepEqual(tagFilter(probe), ['--filter-tags', '!option:home,!option:local'])
  assert.deepEqual(tagFilter(probe, { option: 'home' }), [
    '--filter-tags',
    '!option:home,!option:local',
    '--filter-tags',
    'option:home',
  ])
  assert.deepEqual(tagFilter(probe, { option: 'home', alone: true }), [
    '--filter-tags',
    'option:home',
  ])
  assert.deepEqual(tagFilter('@test "a" {\n}\n'), [])
  assert.deepEqual(tagFilter('@test "a" {\n}\n', { option: 'home' }), [])
})
