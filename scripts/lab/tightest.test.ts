import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import type { Profile } from '../core/profile/types.ts'
import { readSchema } from '../registry.ts'
import { draftProfile } from './draft.ts'
import type { Lab } from './lab.ts'
import { findPlatform } from './platforms.ts'
import type { Subject } from './subject.ts'
import { findTightest } from './tightest.ts'
import { toCandidates } from './written.ts'

const { directives: catalogue } = readSchema()
const head = `# yaml-language-server: $schema=../../schema/profile.schema.json
name: X
unit: x.service
packages: [x]
`
const profile = { id: 'x', name: 'X', unit: 'x.service', packages: ['x'] } as Profile
const subject = {
  ...{ id: 'x', unit: 'x.service', profile, catalogue },
  platform: findPlatform('debian-13'),
} as Subject

/** A service that needs a few things; each drop-in that denies one of them makes its check fail. */
function labOf(needs: Record<string, (dropIn: string) => boolean>): Lab {
  return {
    onMachine: () => Promise.reject(new Error('no machine in this test')),
    trial: (_, { 'hardening.conf': text = '' }) => {
      const checks = Object.entries(needs).map(([name, has]) => ({
        ...{ name, output: 'refused' },
        outcome: has(text) ? ('pass' as const) : ('fail' as const),
      }))
      return Promise.resolve({ started: true, planned: checks.length, checks, journal: [] })
    },
  }
}

const line = (dropIn: string, name: string) =>
  [...dropIn.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value)
const sets = (dropIn: string, name: string) => line(dropIn, name).length > 0
const allows = (dropIn: string, name: string, item: string) =>
  !sets(dropIn, name) || line(dropIn, name).at(-1)?.split(' ').includes(item) === true

const lab = labOf({
  'binds port 80': (text) => allows(text, 'CapabilityBoundingSet', 'CAP_NET_BIND_SERVICE'),
  'serves /home': (text) =>
    line(text, 'ProtectHome').at(-1) !== 'yes' && !line(text, 'ProtectHome').includes('tmpfs'),
  'becomes its user': (text) =>
    !sets(text, 'SystemCallFilter') ||
    /setuid|@privileged\b(?! @resources$)/m.test(line(text, 'SystemCallFilter').at(-1) ?? ''),
  'serves the network': (text) => !sets(text, 'PrivateNetwork'),
  'writes its log': (text) =>
    !line(text, 'ProtectSystem').includes('strict') ||
    (allows(text, 'ReadWritePaths', '-/var/log/x') && sets(text, 'ReadWritePaths')),
})

const needsRun = labOf({
  // As in systemd: with one of these /run stays writable, whatever ProtectSystem says.
  'writes its pid file': (text) =>
    !line(text, 'ProtectSystem').includes('strict') ||
    sets(text, 'ProtectProc') ||
    (sets(text, 'ReadWritePaths') && allows(text, 'ReadWritePaths', '-/run/x')),
})

test('what only the first stage needs is found too', async () => {
  const bench = { lab: needsRun, subject, usual: new Set<string>(), unenforced: [] }
  const { directives, needed } = await findTightest(bench, ['/srv', '/run/x'], () => {})
  assert.equal(directives['ProtectSystem'], 'strict')
  assert.equal(directives['ProtectProc'], 'ptraceable')
  assert.deepEqual(directives['ReadWritePaths'], { '-/run/x': '' })
  assert.equal(needed['ReadWritePaths']?.['-/run/x']?.check, 'writes its pid file')
})

test('finds what can be had, the fewest grants, and what cannot', async () => {
  const bench = { lab, subject, usual: new Set<string>(), unenforced: [] }
  const found = await findTightest(bench, ['/var/log/x', '/srv/y'], () => {})
  const { directives, needed, leftOut } = found
  assert.equal(directives['NoNewPrivileges'], 'yes')
  assert.deepEqual(directives['CapabilityBoundingSet'], { CAP_NET_BIND_SERVICE: '' })
  assert.deepEqual(directives['ProtectHome'], { 'read-only': '' })
  assert.equal(directives['ProtectSystem'], 'strict')
  assert.deepEqual(directives['ReadWritePaths'], { '-/var/log/x': '' })
  assert.deepEqual(Object.keys(leftOut), ['PrivateNetwork'])
  assert.equal(needed['ReadWritePaths']?.['-/var/log/x']?.check, 'writes its log')

  const draft = draftProfile(head, found, catalogue)
  assert.match(draft, /^# yaml-language-server/)
  assert.match(draft, /# "binds port 80" fails: refused\n +CAP_NET_BIND_SERVICE: ''/)
  assert.match(draft, /leftOut:\n +# "serves the network" fails: refused\n +PrivateNetwork: ''/)
  const read = parse(draft) as Profile
  assert.deepEqual(read.directives?.['CapabilityBoundingSet'], { CAP_NET_BIND_SERVICE: '' })
  assert.equal(read.unit, 'x.service')
})

test('directories that are written become candidates, the broadest first', () => {
  assert.deepEqual(toCandidates(['/var/lib/x/y', '/var/lib/x', '/', '/run', '/run/x', '/srv']), [
    '/run',
    '/srv',
    '/run/x',
    '/var/lib/x',
  ])
})
