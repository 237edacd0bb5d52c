import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMatcher } from './match.ts'

const match = createMatcher([
  { id: 'php-fpm', units: ['php8.2-fpm.service', 'php8.4-fpm.service'], keywords: ['php'] },
  { id: 'postgresql', units: ['postgresql@.service'], keywords: ['pg', 'data base'] },
  { id: 'apache2', units: ['apache2.service'], keywords: ['httpd', 'php'] },
  { id: 'redis-server', units: ['redis-server.service'], keywords: ['redis', '9'] },
  { id: 'memcached', units: ['memcached.service'], keywords: ['apache2'] },
])
const found = (unit: string) => {
  const hit = match(unit)
  return hit && `${hit.known.id}${hit.isExact ? '' : '?'}`
}

test('the unit itself, and an instance of its template', () => {
  assert.equal(found('php8.4-fpm.service'), 'php-fpm')
  assert.equal(found('postgresql@17-main.service'), 'postgresql')
  assert.equal(found('postgresql@.service'), 'postgresql')
})

test('another version and another name are taken as likely only', () => {
  assert.equal(found('php8.3-fpm.service'), 'php-fpm?')
  assert.equal(found('php-fpm.service'), 'php-fpm?')
  assert.equal(found('httpd.service'), 'apache2?')
  assert.equal(found('redis@6379.service'), 'redis-server?')
  assert.equal(found('postgresql-16.service'), 'postgresql?')
})

test('a name goes before a word; a word that two share, or a part of a name, is none', () => {
  assert.equal(found('apache2@two.service'), 'apache2?')
  for (const unit of [
    'data.service',
    'apache2-extra.service',
    'getty@tty1.service',
    '.service',
    '',
  ])
    assert.equal(found(unit), undefined, unit)
})
