import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Directives, Profile } from '../core/profile/types.ts'
import { readSchema } from '../registry.ts'
import { stricterValues, tryGrants } from './experiments.ts'
import type { Bench } from './experiments.ts'
import type { Lab } from './lab.ts'
import { findPlatform } from './platforms.ts'
import type { Subject } from './subject.ts'

const { directives: catalogue } = readSchema()
const subject = {
  id: 'x',
  profile: {} as Profile,
  platform: findPlatform('debian-13'),
  catalogue,
  unit: 'x.service',
} as Subject

/** A lab in which a trial fails when its drop-in says so. */
function bench(fails: (dropIn: string) => boolean, tried: string[] = []): Bench {
  const lab: Lab = {
    onMachine: () => Promise.reject(new Error('no machine in this test')),
    trial: (_subject, { 'x.conf': text = '' }) => {
      tried.push(text)
      const outcome = fails(text) ? ('fail' as const) : ('pass' as const)
      const checks = [{ name: 'serves', outcome, output: 'no answer' }]
      return Promise.resolve({ started: true, planned: 1, checks, journal: [] })
    },
  }
  return { lab, subject, usual: new Set(), unenforced: ['IPAddressAllow'] }
}
const render = (directives: Directives) => ({ 'x.conf': JSON.stringify(directives) })

test('stricterValues knows the order, and what the version does not know', () => {
  assert.deepEqual(stricterValues(catalogue.ProtectHome, 'read-only', 257), ['yes', 'tmpfs'])
  assert.deepEqual(stricterValues(catalogue.PrivateUsers, 'identity', 257), ['yes'])
  assert.deepEqual(stricterValues(catalogue.PrivateUsers, 'identity', 262), ['yes', 'managed'])
  assert.deepEqual(stricterValues(catalogue.UMask, '0027', 257), ['0077'])
})

test('tryGrants takes each grant away once, in order, and tells which is needed', async () => {
  const tried: string[] = []
  const directives: Directives = {
    ProtectHome: { 'read-only': 'serves /home' },
    CapabilityBoundingSet: { CAP_SETUID: 'a', CAP_CHOWN: 'b' },
    NoNewPrivileges: 'yes',
    IPAddressAllow: { localhost: 'c' },
  }
  const found = await tryGrants(
    bench((text) => !text.includes('CAP_SETUID'), tried),
    directives,
    render,
  )
  assert.deepEqual(found, [
    {
      directive: 'ProtectHome',
      item: 'read-only',
      breaks: false,
      message: 'every check passes with yes',
    },
    {
      directive: 'CapabilityBoundingSet',
      item: 'CAP_SETUID',
      breaks: true,
      check: 'serves',
      message: 'no answer',
    },
    { directive: 'CapabilityBoundingSet', item: 'CAP_CHOWN', breaks: false },
  ])
  assert.equal(tried.length, 3)
})

test('a weaker value is needed only if every stricter one breaks', async () => {
  const directives: Directives = { ProtectHome: { 'read-only': 'serves /home' } }
  const holds = await tryGrants(
    bench((text) => !text.includes('tmpfs')),
    directives,
    render,
  )
  assert.equal(holds[0]?.breaks, false)
  const breaks = await tryGrants(
    bench(() => true),
    directives,
    render,
  )
  assert.deepEqual(breaks[0]?.breaks, true)
})

test('the last item of a list that adds leaves no line, which would empty the default one too', async () => {
  const tried: string[] = []
  const option: Directives = { CapabilityBoundingSet: { CAP_CHOWN: 'a' }, UMask: '0077' }
  await tryGrants(
    bench(() => true, tried),
    option,
    render,
    { adds: () => true },
  )
  assert.deepEqual(tried, ['{"UMask":"0077"}'])
  await tryGrants(
    bench(() => true, tried),
    option,
    render,
    { adds: () => false },
  )
  assert.equal(tried[1], '{"CapabilityBoundingSet":"","UMask":"0077"}')
})

test('an option that holds a weaker value is tried with each stricter one', async () => {
  const tried: string[] = []
  await tryGrants(
    bench(() => true, tried),
    { ProtectHome: { 'read-only': 'a' } },
    render,
    { adds: () => true },
  )
  assert.deepEqual(tried, ['{"ProtectHome":"yes"}', '{"ProtectHome":"tmpfs"}'])
})

test('a grant that only an early stage needs is needed', async () => {
  const directives: Directives = { ReadWritePaths: { '-/run': 'a', '-/srv': 'b' } }
  const isStage = (text: string) => text.startsWith('stage')
  const found = await tryGrants(
    bench((text) => isStage(text) && !text.includes('-/run')),
    directives,
    render,
    { renderStage: (name, without) => ({ 'x.conf': `stage ${name} ${JSON.stringify(without)}` }) },
  )
  assert.deepEqual(
    found.map(({ item, breaks }) => [item, breaks]),
    [
      ['-/run', true],
      ['-/srv', false],
    ],
  )
  assert.equal(found[0]?.message, 'with the stage filesystem alone: no answer')
})
