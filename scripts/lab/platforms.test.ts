import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemdVersions } from '../core/score/index.ts'
import { findPlatform, readPlatforms, readScorePlatforms } from './platforms.ts'

test('the platforms are read in their order, debian-13 first', () => {
  const [first] = readPlatforms()
  assert.deepEqual([first?.id, first?.systemd, first?.suite], ['debian-13', '257', 'trixie'])
})

test('each systemd that the scorer knows has a platform to hold it against', () => {
  const versions = readScorePlatforms().map(({ systemd }) => systemd)
  assert.deepEqual(versions.toSorted(), systemdVersions)
})

test('a platform that is nearly named is suggested', () => {
  assert.throws(() => findPlatform('debain-12'), /did you mean debian-12/)
  assert.throws(() => findPlatform('fedora-43'), /known: debian-13/)
})

const good = `x:
  label: X 1
  systemd: "257"
  distribution: debian
  suite: x
  components: [main]
  keyring: x.gpg
`
const complaints: [string, string, RegExp][] = [
  ['nothing', '', /names no platform/],
  ['a number for systemd', good.replace('"257"', '257'), /x: systemd is 257; write it like "257"/],
  ['no suite', good.replace('  suite: x\n', ''), /x: suite is missing/],
  ['a suite with a slash', good.replace('suite: x', 'suite: x/y'), /x: suite is "x\/y"/],
  ['backports that is no suite', `${good}  backports: 1\n`, /x: backports is 1/],
  ['components as text', good.replace('[main]', 'main'), /x: components is no list/],
  ['a keyring with a path', good.replace('x.gpg', '../x.gpg'), /x: keyring is/],
  ['an id in capitals', good.replace('x:', 'X:'), /X: write the id in lower case/],
  ['an entry without keys', 'x:\n', /x: write its keys below it/],
]
for (const [name, text, message] of complaints) {
  test(`${name} is refused with what to write`, () => {
    assert.throws(() => readPlatforms(text), message)
  })
}

test('a good entry is all that another platform takes', () => {
  assert.equal(readPlatforms(good)[0]?.label, 'X 1')
})
