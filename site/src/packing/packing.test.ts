import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { deb } from './deb.ts'
import { gzip } from './gzip.ts'
import { tar } from './tar.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const long = `usr/lib/systemd/system/${'long-name-'.repeat(8)}@.service.d/hardening.conf`
const files = [
  { path: 'b', text: 'ä\n' },
  { path: 'a/run', text: '', mode: 0o755 },
  { path: long, text: 'x'.repeat(513) },
]

/** Name, kind, mode and text of each member, read by the offsets of POSIX. */
function membersOf(archive: Uint8Array) {
  const text = (from: number, length: number) =>
    Buffer.from(archive.subarray(from, from + length))
      .toString()
      .replace(/\0.*$/s, '')
  const members = []
  for (let at = 0; archive[at] !== 0;) {
    const size = parseInt(text(at + 124, 12), 8)
    const header = Uint8Array.from(archive.subarray(at, at + 512))
    header.fill(32, 148, 156)
    assert.equal(
      parseInt(text(at + 148, 8), 8),
      header.reduce((sum, byte) => sum + byte, 0),
    )
    const before = text(at + 345, 155)
    const name = text(at, 100)
    members.push([before ? `${before}/${name}` : name, text(at + 156, 1), text(at + 100, 8)])
    members.at(-1)!.push(Buffer.from(archive.subarray(at + 512, at + 512 + size)).toString())
    at += 512 + Math.ceil(size / 512) * 512
  }
  return members
}

test('a tarball has every file once, below its directories, whatever the order it was given', () => {
  const archive = tar(files, { time: 1 })
  assert.deepEqual(archive, tar(files.toReversed(), { time: 1 }))
  const members = membersOf(archive)
  assert.deepEqual(
    members.filter(([, kind]) => kind === '0'),
    [
      ['a/run', '0', '0000755', ''],
      ['b', '0', '0000644', 'ä\n'],
      [long, '0', '0000644', 'x'.repeat(513)],
    ],
  )
  const seen = new Set<string>()
  for (const [name = ''] of members) {
    const parent = name.replace(/[^/]+\/?$/, '')
    assert.ok(parent === '' || seen.has(parent), name)
    seen.add(name)
  }
  assert.equal(archive.length % 512, 0)
})

test('a path that ustar cannot hold is refused', () => {
  for (const path of ['x'.repeat(101), `a/${'x'.repeat(100)}/b`]) {
    assert.throws(() => tar([{ path, text: '' }], { time: 0 }), /too long/)
  }
})

test('what is packed unpacks to the same', () => {
  for (const text of ['', 'a', 'aaaa', 'ab'.repeat(500), `${'\0'.repeat(70_000)}end`]) {
    assert.equal(gunzipSync(gzip(bytes(text))).toString(), text)
  }
})

test('a package is an ar archive of three members at even places', () => {
  const control = [{ path: 'control', text: 'Package: x\n' }]
  const archive = Buffer.from(deb({ control, data: files, time: 1 }))
  assert.equal(archive.subarray(0, 8).toString(), '!<arch>\n')
  const names = []
  for (let at = 8; at < archive.length;) {
    const header = archive.subarray(at, at + 60).toString()
    const size = Number(header.slice(48, 58))
    names.push(header.slice(0, 16).trim())
    if (names.length === 3) {
      const members = membersOf(gunzipSync(archive.subarray(at + 60, at + 60 + size)))
      assert.deepEqual(members[0]?.[0], './a/')
    }
    at += 60 + size + (size % 2)
  }
  assert.deepEqual(names, ['debian-binary', 'control.tar.gz', 'data.tar.gz'])
})
