import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change } from '../../../scripts/core/changelog/parse.ts'
import { atomFeed } from './feed.ts'

const change = (more: Partial<Change> = {}): Change => ({
  date: '2026-12-01',
  service: 'web',
  kind: 'tightened',
  what: '`UMask` is 0077',
  why: 'nobody else reads its files',
  ...more,
})
const feed = (changes: Change[], renamed = {}) =>
  atomFeed({
    title: 'Fenced & friends',
    path: '/feed.xml',
    page: '/',
    changes,
    names: { web: 'Web <1>' },
    renamed,
  })
const all = (xml: string, tag: string) =>
  [...xml.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'g'))].map(([, text]) => text)

test('says what changed and why, as text', () => {
  const xml = feed([change()])
  assert.deepEqual(all(xml, 'title'), [
    'Fenced &amp; friends',
    'Web &lt;1&gt; tightened: UMask is 0077',
  ])
  assert.deepEqual(all(xml, 'summary'), [
    'Web &lt;1&gt; tightened: UMask is 0077, because nobody else reads its files.',
  ])
  assert.deepEqual(all(xml, 'updated'), ['2026-12-01T00:00:00Z', '2026-12-01T00:00:00Z'])
})

test('an id stays when another change of the day is put on top', () => {
  const ids = (changes: Change[]) => all(feed(changes), 'id').slice(1)
  const [first] = ids([change()])
  const two = ids([change({ what: 'more' }), change()])
  assert.equal(two[1], first)
  assert.equal(new Set(two).size, 2)
})

test('a change from before a profile got its id leads to where it is now', () => {
  const xml = feed([change({ service: 'old' })], { old: 'web' })
  assert.match(xml, /rel="alternate" href="https:\/\/[^/]+\/web\/"/)
  assert.match(xml, /Web &lt;1&gt; tightened/)
})

test('a change of a file leads to the file', () => {
  const xml = feed([change({ service: 'fenced.sh' })])
  assert.match(xml, /rel="alternate" href="https:\/\/[^/]+\/fenced\.sh"/)
  assert.match(xml, /<title>fenced\.sh tightened/)
})

test('without a change it is still a feed', () => {
  assert.deepEqual(all(feed([]), 'updated').length, 1)
})
