import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSearch } from './rank.ts'
import type { Doc } from './rank.ts'

const doc = (id: string, name: string, summary: string, keywords: string[], units = [id]): Doc => ({
  id,
  name,
  units: units.map((unit) => `${unit}.service`),
  keywords,
  category: 'any',
  summary,
})

const search = createSearch([
  doc('apache2', 'Apache HTTP Server', 'Web server with modules', ['httpd', 'http', 'www']),
  doc('mariadb', 'MariaDB', 'Relational database', ['mysql', 'sql']),
  doc('nginx', 'nginx', 'HTTP server and load balancer', ['http', 'reverse proxy', 'www']),
  doc('php-fpm', 'PHP-FPM', 'Runs PHP behind a web server', ['fastcgi'], ['php8.4-fpm']),
  doc('postgresql', 'PostgreSQL', 'Relational database', ['postgres', 'sql'], ['postgresql@']),
  doc('redis-server', 'Redis', 'In-memory data store', ['cache', 'valkey']),
  doc('squid', 'Squid', 'Caching forward proxy', ['http proxy']),
])

const firsts: [query: string, first: string][] = [
  ['nginx', 'nginx'],
  ['nginx.service', 'nginx'],
  ['NGINX', 'nginx'],
  ['reverse proxy', 'nginx'],
  ['proxy reverse', 'nginx'],
  ['httpd', 'apache2'],
  ['mysql', 'mariadb'],
  ['valkey', 'redis-server'],
  ['postgresql@17-main.service', 'postgresql'],
  ['php8.4-fpm', 'php-fpm'],
  ['load balancer', 'nginx'],
  ['the web server', 'apache2'],
  ['ngnix', 'nginx'],
  ['posgres', 'postgresql'],
  ['postgressql', 'postgresql'],
  ['rediss', 'redis-server'],
  ['mariabd', 'mariadb'],
  ['apahce', 'apache2'],
  ['revrese proxy', 'nginx'],
]

for (const [query, first] of firsts) {
  test(`"${query}" finds ${first} first`, () => assert.equal(search(query)[0], first))
}

test('every word must be met, but a service called by name is found among other words', () => {
  assert.deepEqual(search('relational database'), ['mariadb', 'postgresql'])
  assert.deepEqual(search('relational zzzzzz'), [])
  assert.deepEqual(search('nginx zzzzzz'), ['nginx'])
  assert.deepEqual(search('mysql permission denied'), ['mariadb'])
})

test('nothing typed gives everything, in its order', () => {
  assert.equal(search('').length, 7)
  assert.equal(search('  ')[0], 'apache2')
})

test('nonsense finds nothing', () => {
  assert.deepEqual(search('qqqqxxxx'), [])
})

test('input of any kind is only text', () => {
  for (const query of ['(', '[a-', '\\', '__proto__', '\u0000', 'a'.repeat(5000)]) search(query)
})
