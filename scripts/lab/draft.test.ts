import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check as formatted } from 'prettier'
import { parse } from 'yaml'
import { checkProfile } from '../core/check.ts'
import type { Profile } from '../core/profile/types.ts'
import { digest } from '../digest.ts'
import { readSchema } from '../registry.ts'
import { names, score } from '../world.ts'
import { draftProfile } from './draft.ts'
import { draftHead } from './profile-draft.ts'
import type { Survey } from './survey.ts'
import type { Tightest } from './tightest.ts'

const { directives: catalogue, ...schema } = readSchema()
const survey: Survey = {
  ...{ unit: 'x.service', started: true, type: 'simple', reloads: true, user: '', steady: true },
  ...{ accounts: [], rotations: [], listeners: [], openFiles: [], section: 'contrib/web' },
  ...{ homepage: 'https://example.org/', synopsis: 'small web server for examples' },
}

/** Everything that counts at its strictest, but for a few. */
function everything(): Tightest {
  const strict = Object.entries(catalogue).flatMap(([name, { account, strictest }]) =>
    account && strictest !== undefined ? [[name, strictest] as const] : [],
  )
  const { PrivateNetwork: _, ...directives } = Object.fromEntries(strict)
  const failure = { check: 'serves', message: 'Permission denied' }
  return {
    directives: {
      ...directives,
      CapabilityBoundingSet: { CAP_CHOWN: '' },
      ProtectHome: { 'read-only': '' },
      PrivateUsers: { identity: '' },
    },
    needed: { CapabilityBoundingSet: { CAP_CHOWN: failure } },
    leftOut: {
      PrivateNetwork: failure,
      User: { check: '', message: "not tried: the package's unit starts it as root" },
    },
  }
}

function problemsOf(text: string) {
  const world = { ...schema, catalogue, names, digest, score }
  return checkProfile(
    { id: 'exampled', directory: 'profiles/exampled', profile: text, probe: '' },
    world,
  ).problems
}

test('a draft validates except for the reasons that a person must write', async () => {
  const text = draftProfile(draftHead('exampled', ['exampled'], survey), everything(), catalogue)
  assert.deepEqual(
    problemsOf(text).map(({ message }) => message),
    [
      'ProtectHome read-only loosens without a reason',
      'CAP_CHOWN loosens without a reason',
      'PrivateUsers identity loosens without a reason',
      'User is left out without a reason',
      'PrivateNetwork is left out without a reason',
    ],
  )
  const written = text.replaceAll(/: ''$/gm, ': what it is needed for')
  assert.deepEqual(
    problemsOf(written).map(({ rule }) => rule),
    ['fresh-measurement'],
  )
  const options = { filepath: 'profile.yaml', singleQuote: true, printWidth: 100 }
  assert.ok(await formatted(text, options), text)
  assert.match(text, /^# yaml-language-server: /)
  assert.match(text, /# "serves" fails: Permission denied\n +CAP_CHOWN: ''/)
})

test('what a person has written stays: reasons, options, and the comments above', () => {
  const before = draftHead('exampled', ['exampled'], survey).replace(
    /^category: .*$/m,
    '# Mine.\ncategory: web',
  )
  const old = `${before}directives:
  CapabilityBoundingSet: {CAP_CHOWN: its files, CAP_KILL: no longer}
leftOut: {PrivateNetwork: it serves the network}
options:
  local: {question: 'Here?', directives: {IPAddressDeny: any}}
`
  const text = draftProfile(old, everything(), catalogue)
  const profile = parse(text) as Profile
  assert.deepEqual(profile.directives?.['CapabilityBoundingSet'], { CAP_CHOWN: 'its files' })
  assert.equal(profile.leftOut?.['PrivateNetwork'], 'it serves the network')
  assert.equal(profile.options?.['local']?.question, 'Here?')
  assert.match(text, /# Mine\.\ncategory: web/)
  assert.equal(Object.keys(profile).at(-1), 'options')
  assert.doesNotMatch(text, /fails: Permission denied/)
})

test('a template, and a package that says little, make a head that can be read', () => {
  const text = draftHead('exampled', ['exampled'], {
    ...{ ...survey, unit: 'x@main.service', section: 'misc', homepage: '', synopsis: 'x' },
  })
  const head = parse(text) as Profile
  assert.equal(head.unit, 'x@.service')
  assert.equal(head.instance, 'x@main.service')
  assert.match(text, /# A guess: .* misc\.\ncategory: network/)
  assert.deepEqual(
    problemsOf(text).map(({ rule }) => rule),
    ['advice'],
  )
})
