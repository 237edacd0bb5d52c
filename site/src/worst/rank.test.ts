import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRanking } from './rank.ts'

const profile = (id: string, ...units: string[]) => ({
  id,
  name: id,
  units,
  keywords: [],
  isSkip: false,
  before: '9.6',
  after: '2.0',
})
const rank = createRanking([
  profile('nginx', 'nginx.service'),
  profile('prometheus-node-exporter', 'prometheus-node-exporter.service'),
  profile('php-fpm', 'php8.4-fpm.service'),
])

test('the worst first, each with its profile where there is one', () => {
  const ranked =
    rank(`nginx.service 9.2 UNSAFE\ndbus.service 9.5 UNSAFE\nphp8.1-fpm.service 9.6 UNSAFE
prometheus-node-exp… 8.0 EXPOSED\n`)
  assert.deepEqual(
    ranked.map(({ unit, profile, isLikely }) => [unit, profile?.id, isLikely]),
    [
      ['php8.1-fpm.service', 'php-fpm', true],
      ['dbus.service', undefined, false],
      ['nginx.service', 'nginx', false],
      ['prometheus-node-exp', 'prometheus-node-exporter', true],
    ],
  )
})

test('a name cut off so early that it could be two has none', () => {
  assert.deepEqual(
    rank('p… 9.6 UNSAFE').map(({ profile }) => profile),
    [undefined],
  )
})
