import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlatformRun } from '../../../scripts/core/measured/types.ts'
import type { Profile } from '../../../scripts/core/profile/types.ts'
import { readSchema } from '../../../scripts/registry.ts'
import { maskOf, readScore, resultText } from './result.ts'
import { scoresOf } from './scores.ts'
import { readChoice, writeChoice } from './state.ts'

const choices = { stages: ['filesystem', 'kernel'], options: ['home', 'tmp'], units: ['a.service'] }

test('what is written to the address reads back the same', () => {
  for (const search of [
    '',
    '?stage=kernel',
    '?stage=kernel&option=home&option=tmp&unit=a.service',
  ]) {
    assert.equal(writeChoice(readChoice(search, choices)), search)
  }
})

test('what the page does not have is not chosen', () => {
  const { stage, options, unit } = readChoice(
    '?stage=all&option=x&option=tmp&unit=%3Cb%3E',
    choices,
  )
  assert.deepEqual([stage, options, unit], ['', ['tmp'], ''])
})

test('the sentence says whether it was measured', () => {
  const known = { before: '9.6', after: '4.9', label: 'Debian' }
  const measured = 'Exposure 9.6 UNSAFE → 4.9 OK, measured on Debian with every check.'
  assert.equal(resultText({ ...known, measured: true }), measured)
  assert.match(resultText({ ...known, measured: false }), /4\.9 OK, computed for Debian/)
  assert.match(resultText({ ...known, after: undefined, measured: false }), /neither/)
})

test('each set of options has its number', () => {
  assert.deepEqual(
    [[], ['home'], ['tmp'], ['tmp', 'home']].map((chosen) => maskOf(chosen, choices.options)),
    [0, 1, 2, 3],
  )
})

test('measured figures stand, others are computed', async () => {
  const profile = {
    id: 'web',
    unit: 'web.service',
    directives: { ProtectHome: 'yes' },
    options: {
      home: { question: '', directives: { ProtectHome: { no: 'pages' } } },
      tmp: { question: '', directives: { PrivateTmp: 'yes' } },
    },
  } as unknown as Profile
  const run = {
    systemd: '257',
    unit: 'web.service',
    vendor: [],
    after: { exposure: '9.3' },
    stages: { filesystem: { exposure: '9.3' } },
    options: { home: { exposure: '7.7' } },
  } as unknown as PlatformRun
  const { directives } = readSchema()
  const scores = await scoresOf(profile, run, 'filesystem', { directives, isLast: true })
  const [none, home, tmp, both] = [0, 1, 2, 3].map((mask) => readScore(scores, mask))
  assert.deepEqual([none, home], ['9.3', '7.7'])
  assert.ok(Number(tmp) < Number(both), scores)
  assert.equal(readScore(scores, 4), undefined)
  const early = await scoresOf(profile, run, 'filesystem', { directives, isLast: false })
  assert.notEqual(readScore(early, 1), '7.7')
})

test('of many options, no more than two at a time', async () => {
  const names = Array.from({ length: 9 }, (_, at) => `o${at}`)
  const option = { question: '', directives: { PrivateTmp: 'yes' } }
  const profile = {
    id: 'web',
    unit: 'web.service',
    directives: { ProtectHome: 'yes' },
    options: Object.fromEntries(names.map((name) => [name, option])),
  } as unknown as Profile
  const run = { systemd: '257', unit: 'web.service', vendor: [], after: {}, stages: {} }
  const { directives } = readSchema()
  const how = { directives, isLast: true }
  const scores = await scoresOf(profile, run as unknown as PlatformRun, 'filesystem', how)
  assert.equal(scores.split(' ').length, 1 + 9 + 36)
  assert.match(readScore(scores, maskOf(['o8', 'o2'], names)) ?? '', /^\d\.\d$/)
  assert.equal(readScore(scores, 7), undefined)
})
