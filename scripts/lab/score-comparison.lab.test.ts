import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Machine } from './machine.ts'
import { readPlatforms } from './platforms.ts'
import { skipReason } from './require-host.ts'
import { compareScores, randomQuestions } from './score-comparison.ts'
import { standingMachine } from './standing-machine.ts'
import type { Standing } from './standing-machine.ts'

const skip = skipReason()

for (const platform of readPlatforms()) {
  describe(`the scorer on ${platform.id}`, { skip }, () => {
    let machine: Machine
    let standing: Standing | undefined
    before(async () => {
      standing = await standingMachine({ platform, packages: [] })
      machine = standing.machine
    })
    after(async () => {
      await standing?.cut()
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
