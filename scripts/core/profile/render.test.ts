import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readSchema } from '../../registry.ts'
import { renderDropIn, renderOption } from './render.ts'
import { parseProfile } from './parse.ts'
import type { Directives, Profile } from './types.ts'

const { directives: catalogue } = readSchema()

const profile: Profile = {
  id: 'example',
  name: 'Example',
  summary: 'Serves as an example',
  category: 'web',
  keywords: [],
  homepage: 'https://example.org/',
  unit: 'example.service',
  packages: ['example'],
  directives: {
    SystemCallFilter: { '@chown': 'gives files away', '~@keyring': 'has no business there' },
    CapabilityBoundingSet: { CAP_CHOWN: 'gives files away' },
    ProtectSystem: 'strict',
    PrivateUsers: 'identity',
    ReadWritePaths: { '-/var/lib/example': 'its data' },
  },
  options: {
    chroot: {
      question: 'Do you run it in a chroot?',
      directives: { CapabilityBoundingSet: { CAP_SYS_CHROOT: 'enters the chroot' } },
    },
    anew: {
      question: 'Do you start it as its own user?',
      replaces: ['CapabilityBoundingSet'],
      directives: { CapabilityBoundingSet: { CAP_KILL: 'stops workers' } },
    },
  },
}

const settings = (text: string) => text.split('\n').filter((line) => /^[^#\n]*=/.test(line))

test('renderDropIn: stages in order, resets first, reasons above', (t) => {
  t.assert.snapshot(renderDropIn(profile, { directives: catalogue }), { serializers: [(v) => v] })
})

test('renderDropIn leaves out what a version does not know, and says so', () => {
  const text = renderDropIn(profile, { directives: catalogue, systemd: 252 })
  assert.ok(!settings(text).some((line) => line.startsWith('PrivateUsers')))
  assert.match(text, /# PrivateUsers= is left out here: it needs systemd 257\./)
})

test('stages are cumulative', () => {
  const filesystem = settings(renderDropIn(profile, { directives: catalogue, stage: 'filesystem' }))
  const privilege = settings(renderDropIn(profile, { directives: catalogue, stage: 'privilege' }))
  assert.ok(filesystem.length > 0)
  assert.deepEqual(privilege.slice(0, filesystem.length), filesystem)
  assert.ok(privilege.length > filesystem.length)
})

test('an option adds to lists, or sets them anew', () => {
  const option = (name: string) => settings(renderOption(profile, name, { directives: catalogue }))
  assert.deepEqual(option('chroot'), ['CapabilityBoundingSet=CAP_SYS_CHROOT'])
  assert.deepEqual(option('anew'), ['CapabilityBoundingSet=', 'CapabilityBoundingSet=CAP_KILL'])
})

const value = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.array(fc.string()),
  fc.dictionary(fc.string(), fc.string()),
  fc.constantFrom('yes\nExecStart=/bin/sh', '[Unit]', '\\', '%n', 'a\rb', '\u0000'),
)
const names = fc.oneof(
  fc.constantFrom(...Object.keys(catalogue)),
  fc.string(),
  fc.constantFrom('ExecStart', 'Environment', '__proto__', 'constructor'),
)

test('whatever passes the rules renders allow-listed keys of [Service] and nothing else', async () => {
  const { run } = await import('../check.ts')
  const { profileRules } = await import('../rules/index.ts')
  const { contextOf } = await import('../../testing.ts')
  const place = { keyAt: () => ({ line: 1, col: 1 }), valueAt: () => ({ line: 1, col: 1 }) }
  const relevant = profileRules.filter(({ name }) => name !== 'accounted')
  let rendered = 0
  fc.assert(
    fc.property(fc.dictionary(names, value, { maxKeys: 3 }), (directives) => {
      const candidate = { ...profile, directives: directives as Directives, options: {} }
      if (run(relevant, contextOf(candidate, place), '.').length > 0) return
      rendered++
      const lines = renderDropIn(candidate, { directives: catalogue }).split('\n')
      const sections = lines.filter((line) => line.trimStart().startsWith('['))
      assert.deepEqual(sections, ['[Service]'])
      for (const line of lines) {
        if (line === '' || line.startsWith('#') || line === '[Service]') continue
        assert.ok(Object.hasOwn(catalogue, line.split('=')[0]!), line)
        assert.doesNotMatch(line, /[\u0000-\u001f]|\\$/)
      }
    }),
    { numRuns: 3000 },
  )
  assert.ok(rendered > 0)
})

test('no text, however broken, yields anything but problems or a profile', () => {
  const pieces = fc.constantFrom(
    'name: x\n',
    'unit: a.service\n',
    'directives:\n',
    '  ProtectHome: "yes"\n',
    '  ProtectHome: {a: b}\n',
    'options: {x: {question: y}}\n',
    'packages: [a]\n',
    '- a\n',
    ': \n',
    '{',
    '}',
    '"',
    '\u0000',
    'unit:\n  - 1\n',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((p) => p.join('')),
      ),
      (text) => {
        const { problems, profile } = parseProfile('profile.yaml', text, 'x')
        assert.notEqual(problems.length > 0, profile !== undefined)
        for (const { line, col, message, fix } of problems) {
          assert.ok(line >= 1 && col >= 1 && message && fix)
        }
      },
    ),
    { numRuns: 2000 },
  )
})
