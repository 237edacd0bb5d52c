import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aptFailure } from './apt-failure.ts'

// As apt 2.6 and 3.0 and mmdebstrap 1.3 say it, shortened.
const said: [string, string, RegExp][] = [
  [
    'a package that is not there',
    'E: Unable to locate package ngnix',
    /there is no package ngnix;/,
  ],
  [
    'a package without a candidate',
    "E: Package 'mysql-server' has no installation candidate",
    /there is no package mysql-server;/,
  ],
  [
    'a mirror that is away',
    "W: Failed to fetch http://m.example/d/InRelease  Temporary failure resolving 'm.example'\nE: Some index files failed to download.",
    /http:\/\/m\.example\/d does not answer as it should; check the network/,
  ],
  [
    'a full disk',
    'dpkg: error processing archive x.deb (--unpack):\n cannot copy extracted data: failed to write (No space left on device)',
    /the disk is full; free some space/,
  ],
  [
    'a key that is not known',
    'W: GPG error: http://m.example sid InRelease: the public key is not available: NO_PUBKEY 0E98404D386FA1D9',
    /signature is not known here; update the package debian-archive-keyring/,
  ],
  ['anything else', 'I: running\nE: setup failed: odd thing', /failed: setup failed: odd thing$/],
  ['nothing at all', '', /failed: exit code 25$/],
]
for (const [name, stderr, message] of said) {
  test(`${name} is one line that says what to do`, () => {
    const result = { code: 25, stdout: '', stderr, timedOut: false }
    const error = aptFailure('installing', result, 'http://m.example/d')
    assert.match(error.message, message)
    assert.doesNotMatch(error.message, /\n/)
  })
}

test('a time limit is named as such', () => {
  const result = { code: 137, stdout: '', stderr: '', timedOut: true }
  assert.match(aptFailure('installing', result).message, /not done in the time it may take/)
})
