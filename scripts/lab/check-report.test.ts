import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkReport } from './check-report.ts'
import type { CheckResult } from './check-report.ts'

const result: CheckResult = {
  ...{ before: { exposure: '9.6', level: 'UNSAFE' }, after: { exposure: '6.8', level: 'MEDIUM' } },
  ...{ checks: [], planned: 3, unenforced: [], notes: [], culprits: [], unneeded: [] },
  attacks: {
    before: { mount: 'open', reboot: 'open' },
    after: { mount: 'open', reboot: 'blocked' },
  },
}

test('the report counts the attacks that still succeed', () => {
  const text = checkReport('x on debian-13', 'x.conf', result, 'X')
  assert.match(text, /^attacks: 2 succeed without it, 1 still do:$/m)
})

test('where the service does not start, no attack is said to be stopped', () => {
  const failure = { check: 'start', message: 'no such directory' }
  const attacks = { before: result.attacks.before, after: undefined }
  const text = checkReport('x on debian-13', 'x.conf', { ...result, attacks, failure }, 'X')
  assert.match(text, /^attacks: 2 succeed without it; with it there is nothing to attack$/m)
})
