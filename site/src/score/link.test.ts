import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { readFragment, writeFragment } from './link.ts'

test('what a link carries comes back whole', async () => {
  const texts = [
    '[Service]\nExecStart=/bin/true\n',
    'Ünïcode ☃ \u{1f600}',
    '<script>&"\'',
    'x'.repeat(50_000),
  ]
  for (const unit of texts) {
    const shared = { unit, after: texts[0]!, systemd: '252' }
    const fragment = await writeFragment(shared)
    assert.match(fragment, /^#unit=[\w-]+&after=[\w-]+&systemd=252$/)
    assert.deepEqual(await readFragment(fragment), shared)
  }
})

test('a second text that is not there takes no room', async () => {
  assert.doesNotMatch(await writeFragment({ unit: 'a', after: '', systemd: '257' }), /after/)
})

test('what is no link of ours is left alone', async () => {
  for (const fragment of [
    '',
    '#',
    '#main',
    '#unit=',
    '#unit=%%%',
    '#unit=AAAA',
    '#unit=a.b',
    '#after=abc',
  ])
    assert.equal(await readFragment(fragment), undefined, fragment)
})

test('a bomb is not unpacked', async () => {
  const bomb = deflateRawSync(Buffer.alloc(50_000_000)).toString('base64url')
  assert.ok(bomb.length < 80_000)
  assert.equal(await readFragment(`#unit=${bomb}`), undefined)
})
