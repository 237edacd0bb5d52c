import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { loadAllTables, systemdVersions } from './index.ts'
import { answerDifferences, ourAnswer, readAnswers, readRecords, recordText } from './recorded.ts'

await loadAllTables()
// From: npm run lab -- score-check --cases 60 --seed 2026 --record scripts/core/score/recorded.jsonl
const text = readFileSync(new URL('recorded.jsonl', import.meta.url), 'utf8')
const records = readRecords(text)

describe('what systemd itself answered', () => {
  for (const systemd of systemdVersions)
    for (const offline of systemd === '247' ? [false] : [false, true])
      it(`is what the scorer says of ${systemd}, ${offline ? 'offline' : 'live'}`, () => {
        const own = records.filter((record) => record.systemd === systemd)
        const some = own.filter((record) => record.offline === offline)
        const scored = some.filter(({ answer }) => answer !== 'refused')
        assert.ok(some.length >= 50 && scored.length >= 40, `${scored.length} of ${some.length}`)
        for (const { answer, ...unit } of some)
          assert.deepEqual(
            answerDifferences(answer, ourAnswer(unit), systemd),
            [],
            JSON.stringify(unit),
          )
      })

  it('is kept as it was recorded', () => {
    assert.equal(recordText(records), text)
  })
})

describe('readAnswers', () => {
  it('finds each unit in what one call prints, a template by its instance', () => {
    const table = (name: string) => `
  NAME              DESCRIPTION                            EXPOSURE
✓ PrivateTmp=       Service has no access to other files
✗ PrivateNetwork=   Service has access to the network           0.5
  RemoveIPC=        Service runs as root, does not apply

→ Overall exposure level for ${name}: 9.2 UNSAFE :-{
`
    const printed = table('a.service') + table('c@test_instance.service')
    const [a, b, c] = readAnswers(printed, ['a.service', 'b.service', 'c@.service'], '257')
    assert.equal(a, c)
    assert.equal(b, 'refused')
    assert.match(a!, /^9\.2 UNSAFE /)
    const marks = a!.split(' ').filter((mark) => mark !== 'missing')
    assert.deepEqual(marks.slice(2).toSorted(), ['+', '-', '0.5'])
  })
})

describe('answerDifferences', () => {
  it('names each row that parts', () => {
    const ours = ourAnswer({ name: 'a.service', unit: '[Service]\nExecStart=/bin/true\n' })
    const theirs = ours.replace('9.6 UNSAFE 0.4', '9.5 UNSAFE 0.3')
    assert.deepEqual(answerDifferences(theirs, ours, '257'), [
      'exposure: systemd says 9.5, the scorer 9.6',
      'User=/DynamicUser=: systemd says 0.3, the scorer 0.4',
    ])
  })
})
