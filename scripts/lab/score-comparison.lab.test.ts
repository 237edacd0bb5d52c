import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { withMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import { readPlatforms } from './platforms.ts'
import { skipReason } from './require-host.ts'
import { compareScores, randomQuestions } from './score-comparison.ts'

const skip = skipReason()

for (const platform of readPlatforms()) {
  describe(`the scorer on ${platform.id}`, { skip }, () => {
    let machine: Machine
    let leave = () => {}
    let gone: Promise<void>
    before(async () => {
      const up = Promise.withResolvers<void>()
      const left = new Promise<void>((resolve) => (leave = resolve))
      gone = withMachine({ platform, packages: [] }, async (booted) => {
        machine = booted
        up.resolve()
        await left
      })
      await Promise.race([up.promise, gone])
    })
    after(async () => {
      leave()
      await gone
    })

    for (const offline of [false, true]) {
      it(`agrees with systemd on fresh random units, ${offline ? 'offline' : 'live'}`, async () => {
        const seed = Math.floor(Math.random() * 2 ** 31)
        const { systemd } = platform
        const questions = randomQuestions({ systemd, cases: 150, seed, offline })
        const { cases, refused, differences } = await compareScores(machine, questions)
        assert.deepEqual(differences, [], `from seed ${seed}`)
        assert.ok(
          refused < cases / 4,
          `${refused} of ${cases} units were refused: hardly anything was compared`,
        )
      })
    }
  })
}
