import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { generateCase } from './generate.ts'
import { loadAllTables, parseUnit, ScoreError, scoreUnit, systemdVersions } from './index.ts'
import { nextSteps, strictest } from './next.ts'

await loadAllTables()
const bare = '[Service]\nExecStart=/bin/true\n'
const version = fc.constantFrom(...systemdVersions)

function scoreOrRefusal(input: Parameters<typeof scoreUnit>[0]) {
  try {
    return scoreUnit(input)
  } catch (error) {
    if (error instanceof ScoreError) return undefined
    throw error
  }
}

describe('any text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          '[Service]',
          '\n',
          '\\',
          'ExecStart=',
          '"',
          "'",
          '~',
          '%',
          '@',
          ':',
          '/',
          '=',
          ' ',
          '\0',
          '\r',
          '\ud800',
          'SystemCallFilter=',
          'IPAddressAllow=',
          'CapabilityBoundingSet=',
          '1',
          '::',
        ),
      )
      .map((parts) => parts.join('')),
  )

  it('is scored or refused with a sentence, never more', () => {
    fc.assert(
      fc.property(
        fc.string(),
        text,
        text,
        version,
        fc.boolean(),
        (name, unit, dropIn, systemd, offline) => {
          const input = {
            name,
            unit,
            dropins: [[`${name}.d/x.conf`, dropIn]] as [string, string][],
            systemd,
            offline,
          }
          scoreOrRefusal(input)
          parseUnit(input)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('may stand as the value of any setting', () => {
    const keys = fc.constantFrom(
      ...Object.keys(strictest),
      'User',
      'RootDirectory',
      'DeviceAllow',
      'IPAddressAllow',
      'ExecStartPre',
      'WorkingDirectory',
      '__proto__',
      'constructor',
    )
    fc.assert(
      fc.property(keys, text, version, (key, value, systemd) => {
        scoreOrRefusal({ name: 'a.service', unit: `${bare}${key}=${value}\n`, systemd })
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a stricter value', () => {
  it('never raises the sum of what is open', () => {
    // A user of its own brings rows in that do not count for root.
    const steps = Object.entries(strictest).filter(([name]) => name !== 'DynamicUser')
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom(...steps),
        version,
        fc.boolean(),
        (seed, [name, values], systemd, offline) => {
          const unit = { ...generateCase(seed), systemd, offline }
          const before = scoreOrRefusal(unit)
          if (!before) return
          const lines = values.map((value) => `${name}=${value}`).join('\n')
          const last: [string, string] = [`${unit.name}.d/\u{10ffff}.conf`, `[Service]\n${lines}\n`]
          const after = scoreUnit({ ...unit, dropins: [...unit.dropins, last] })
          assert.ok(
            after.points <= before.points,
            `${lines} takes ${before.points} to ${after.points}`,
          )
        },
      ),
      { numRuns: 3000 },
    )
  })
})

describe('the order of settings', () => {
  it('is of no consequence where each is set once', () => {
    const lines = Object.entries(strictest).map(([name, values]) => `${name}=${values.at(-1)}`)
    fc.assert(
      fc.property(
        fc.subarray(lines),
        fc.infiniteStream(fc.nat()),
        version,
        (some, random, systemd) => {
          const shuffled = some
            .map((line) => ({ line, at: random.next().value }))
            .sort((a, b) => a.at - b.at)
            .map(({ line }) => line)
          const score = (body: string[]) =>
            scoreUnit({ name: 'a.service', unit: bare + body.join('\n'), systemd })
          assert.deepEqual(score(shuffled), score(some))
        },
      ),
    )
  })
})

describe('nextSteps', () => {
  it('says what the score then is', () => {
    const unit = { name: 'a.service', unit: bare }
    const { steps, path, reached } = nextSteps(unit, { level: 'OK' })
    for (const { lines, exposure } of steps)
      assert.equal(scoreUnit({ ...unit, unit: bare + lines.join('\n') }).exposure, exposure)
    const all = path.flatMap(({ lines }) => lines).join('\n')
    assert.equal(scoreUnit({ ...unit, unit: bare + all }).exposure, path.at(-1)!.exposure)
    assert.ok(reached && path.at(-1)!.tenths < 50 && path.length <= 3)
  })

  it('says so where a level is out of reach', () => {
    assert.equal(nextSteps({ name: 'a.service', unit: bare }, { level: 'PERFECT' }).reached, false)
  })
})
