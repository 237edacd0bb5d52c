import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { siteHandler } from './handler.ts'

const root = mkdtempSync(join(tmpdir(), 'fenced-serve-'))
const site = join(root, 'dist')
mkdirSync(join(site, 'web'), { recursive: true })
writeFileSync(join(root, 'secret'), 'secret')
writeFileSync(join(site, '_headers'), '/*\n  X-Site: yes\n')
writeFileSync(join(site, '_redirects'), '# a note\n/old/ /web/ 301\n')
writeFileSync(join(site, 'index.html'), 'home')
writeFileSync(join(site, '404.html'), 'not here')
writeFileSync(join(site, 'web', 'index.html'), 'web')
writeFileSync(join(site, 'web', 'hardening.conf'), '[Service]\n')

const server = createServer(siteHandler(site))
before(() => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)))
after(() => {
  server.closeAllConnections()
  server.close()
  rmSync(root, { recursive: true })
})

/** Not fetch: it would tidy the path before it is sent. */
function get(path: string, headers = {}, method = 'GET') {
  const { port } = server.address() as AddressInfo
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number
    headers: Record<string, unknown>
    body: string
  }>()
  request({ port, host: '127.0.0.1', path, method, headers }, (response) => {
    let body = ''
    response.setEncoding('utf8').on('data', (chunk) => (body += chunk))
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
    )
  })
    .on('error', reject)
    .end()
  return promise
}

test('a drop-in is plain text, with the headers of the site', async () => {
  const { status, headers, body } = await get('/web/hardening.conf')
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'text/plain; charset=utf-8')
  assert.equal(headers['x-site'], 'yes')
  assert.equal(body, '[Service]\n')
})

test('what is unchanged is not sent again', async () => {
  const { headers } = await get('/')
  const { status, body } = await get('/', { 'if-none-match': headers['etag'] })
  assert.deepEqual([status, body], [304, ''])
})

test('a directory without its slash is redirected, the query kept', async () => {
  const { status, headers } = await get('/web?a=b')
  assert.deepEqual([status, headers['location']], [301, '/web/?a=b'])
})

test('an address that was given up leads on, the query kept', async () => {
  const { status, headers } = await get('/old/?a=b')
  assert.deepEqual([status, headers['location']], [301, '/web/?a=b'])
})

test('HEAD sends no body', async () => {
  const { status, body } = await get('/web/', {}, 'HEAD')
  assert.deepEqual([status, body], [200, ''])
})

for (const path of [
  '/none',
  '/../secret',
  '/%2e%2e/secret',
  '//secret',
  '/%00',
  '/%',
  '/_headers',
  '/_redirects',
  '//web:x/none',
]) {
  test(`${path} is not there`, async () => {
    const { status, body } = await get(path)
    assert.deepEqual([status, body], [404, 'not here'])
  })
}

test('only reading is possible', async () => {
  assert.equal((await get('/', {}, 'POST')).status, 405)
})
