import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSchema } from '../registry.ts'
import { attemptIds, runAttacks, runAttempts } from './attacks.ts'
import { findUnenforced } from './canaries.ts'
import { withMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import { readPlatforms } from './platforms.ts'
import { skipReason } from './require-host.ts'

const skip = skipReason()
const [platform] = readPlatforms()
const { attacks, directives } = readSchema()
const booted = (use: (machine: Machine) => Promise<void>) => async () => {
  assert.ok(platform)
  await withMachine({ platform, packages: ['nginx'] }, use)
}
const idsThatAre = (outcomes: Record<string, string>, outcome: string) =>
  Object.keys(outcomes).filter((id) => outcomes[id] === outcome)

/** Where the strictest value is not in the catalogue, or an attack wants a value of its own. */
const values: Record<string, string> = {
  ReadOnlyPaths: '/',
  InaccessiblePaths: '/home /etc/shadow /var/lib/neighbour /run/dbus',
  TemporaryFileSystem: '/home /tmp',
  NoExecPaths: '/',
  User: 'daemon',
  SystemCallFilter: '@system-service\nSystemCallFilter=~@privileged @resources @keyring',
}

const strict = `[Service]
${Object.entries(directives)
  .filter(([, { account, strictest }]) => account && strictest !== undefined)
  .map(([name, { strictest }]) => `${name}=${values[name] ?? strictest}`)
  .join('\n')}
`

test(
  'a service as its package leaves it may do everything, the strictest one next to nothing',
  { skip },
  booted(async (machine) => {
    const before = await runAttacks(machine, 'nginx.service', [])
    assert.deepEqual(Object.keys(before).toSorted(), attemptIds())
    assert.deepEqual(idsThatAre(before, 'blocked'), [])
    // A kernel without 32-bit programs is the one thing that a host may lack.
    assert.deepEqual(
      idsThatAre(before, 'absent').filter((id) => id !== 'other-abi'),
      [],
    )
    const after = await runAttacks(machine, 'nginx.service', [strict])
    // What only User= and paths of its own keep from a service that stays root.
    const left = idsThatAre(after, 'open')
    assert.deepEqual(left.toSorted(), ['dropped-program', 'read-passwords'].toSorted())
    assert.deepEqual(await runAttacks(machine, 'nginx.service', []), before)
    assert.equal((await machine.run('systemctl is-active nginx')).stdout, 'active\n')
  }),
)

test(
  'each directive that an attack names stops it by itself',
  { skip },
  booted(async (machine) => {
    const wrong: string[] = []
    const stock = await runAttempts(machine, '[Service]\n', 'x.service')
    const present = Object.keys(attacks).filter((id) => stock[id]?.outcome !== 'absent')
    const named = new Set(Object.values(attacks).flatMap(({ stoppedBy }) => stoppedBy))
    for (const name of named) {
      const ids = present.filter((id) => attacks[id]?.stoppedBy.includes(name))
      if (ids.length === 0) continue // told by the canary of that directive instead
      const lines = `[Service]\n${name}=${values[name] ?? directives[name]?.strictest}\n`
      const asRoot = await runAttempts(machine, lines, 'x.service', [], ids)
      const still = ids.filter((id) => asRoot[id]?.outcome !== 'blocked')
      if (still.length === 0) continue
      // Some stop only services that are not root; then the attack must be open to those without it.
      const user = '[Service]\nUser=daemon\n'
      const without = await runAttempts(machine, user, 'x.service', [], still)
      const asUser = await runAttempts(machine, user, 'x.service', [lines], still)
      const fails = (id: string) =>
        without[id]?.outcome !== 'open' || asUser[id]?.outcome !== 'blocked'
      wrong.push(...still.filter(fails).map((id) => `${id}: ${name}`))
    }
    assert.deepEqual(wrong, [])
  }),
)

test(
  'the canaries find that this host enforces what the score looks at',
  { skip },
  booted(async (machine) => {
    const unenforced = await findUnenforced(machine, directives)
    const scored = unenforced.filter((name) => directives[name]?.account)
    assert.deepEqual(scored, [])
    assert.deepEqual(await findUnenforced(machine, directives), unenforced)
  }),
)
