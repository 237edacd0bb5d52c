import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Experiment, PlatformRun } from '../core/measured/types.ts'
import { projectRoot, readRegistry } from '../registry.ts'
import { checkDropIn } from './check.ts'
import { dropInsFor } from './drop-ins.ts'
import { tryGrants } from './experiments.ts'
import type { Bench } from './experiments.ts'
import { createLab } from './lab.ts'
import { measureService } from './measurement.ts'
import { readPlatforms } from './platforms.ts'
import { createPool } from './pool.ts'
import { skipReason } from './require-host.ts'
import { subjectOf } from './subject.ts'

const skip = skipReason()
const [platform] = readPlatforms()
const { entries, directives } = readRegistry(projectRoot, ['nginx'])
const [nginx] = entries
assert.ok(platform && nginx)
const subject = subjectOf(nginx, platform, directives)
const lab = createLab({
  pool: createPool(2),
  signal: new AbortController().signal,
  progress: () => {},
})

test('nginx measured again gives what is on record', { skip }, async () => {
  const recorded = nginx.measured?.platforms[platform.id]
  assert.ok(recorded, 'nginx has no record')
  const { run, failures, findings } = await measureService(lab, subject, {
    experiments: 'all',
    today: '2000-01-01',
  })
  assert.deepEqual([failures, findings], [[], []])
  // A kernel without 32-bit programs, here or where it was recorded, is not a different outcome.
  const hosts = [run.attacks['other-abi'], recorded.attacks['other-abi']]
  const without = hosts.some((result) => result?.before === 'absent') ? ['other-abi'] : []
  assert.deepEqual(outcome(run, without), outcome(recorded, without))
})

test(
  'a drop-in that breaks the service is caught, with the line that does it',
  { skip },
  async () => {
    const broken = `[Service]
PrivateTmp=yes
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
ProtectHostname=yes
`
    const result = await checkDropIn(lab, subject, broken)
    assert.ok(result.failure)
    assert.deepEqual(
      result.culprits.map(({ directive }) => directive),
      ['CapabilityBoundingSet'],
    )
  },
)

test('a drop-in that needs what only the probe makes is caught', { skip }, async () => {
  const cache = `[Service]
ProtectSystem=strict
ReadWritePaths=/run /var/log /var/lib/nginx /var/cache/nginx
`
  const { failure } = await checkDropIn(lab, subject, cache)
  assert.equal(failure?.check, 'start')
  assert.match(failure?.message ?? '', /\/var\/cache\/nginx: No such file or directory/)
})

test('a grant that nothing needs is told', { skip }, async () => {
  const value = nginx.profile.directives?.['RestrictAddressFamilies']
  assert.ok(typeof value === 'object' && !Array.isArray(value))
  const families = { ...value, AF_CAN: 'this is not needed' }
  const bench: Bench = { lab, subject, usual: new Set(), unenforced: [] }
  const grants = await tryGrants(bench, { RestrictAddressFamilies: families }, (changed) => ({
    'hardening.conf': dropInsFor(subject).experiment({ ...nginx.profile.directives, ...changed }),
  }))
  const idle = grants.filter(({ breaks }) => !breaks).map(({ item }) => item)
  assert.deepEqual(idle, ['AF_CAN'])
})

/** What must be the same in every run, on whatever host; times, versions and the words of messages are not. */
function outcome(
  { before, stages, after, checks, attacks: all, unenforced, ...rest }: PlatformRun,
  without: string[],
) {
  const attacks = Object.fromEntries(Object.entries(all).filter(([id]) => !without.includes(id)))
  const brief = (list: Experiment[] = []) =>
    list.map(({ directive, item, breaks }) => `${directive} ${item} ${breaks ? 'needed' : 'idle'}`)
  const options = Object.entries(rest.options ?? {}).map(([name, option]) => ({
    ...{ name, exposure: option.exposure, level: option.level, checks: option.checks },
    grants: brief(option.grants),
  }))
  return {
    ...{ before, stages, after, checks, attacks, unenforced, options },
    ...{ grants: brief(rest.grants), leftOut: brief(rest.leftOut) },
  }
}
