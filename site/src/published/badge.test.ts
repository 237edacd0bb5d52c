import assert from 'node:assert/strict'
import { test } from 'node:test'
import { badge } from './badge.ts'

const before = { exposure: '9.6', level: 'UNSAFE' }
const after = { exposure: '1.9', level: 'OK' }

test('says the figures, in the picture and to a screen reader', () => {
  const svg = badge('nginx', before, after)
  assert.match(svg, /aria-label="nginx exposure 9\.6 → 1\.9 OK"/)
  assert.match(svg, />9\.6 → 1\.9 OK<\/text>/)
})

test('a name is text, whatever it holds', () => {
  const svg = badge('<script>"&', before, after)
  assert.ok(!svg.includes('<script>'))
  assert.match(svg, /&lt;script&gt;&quot;&amp; exposure/)
})
