import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Profile } from '../../../scripts/core/profile/types.ts'
import { filesOf } from './files.ts'
import { movedFiles, redirects } from './moved.ts'

const profile = {
  id: 'new',
  name: 'A <new> name',
  unit: 'new.service',
  directives: { NoNewPrivileges: 'yes' },
} as unknown as Profile
const data = {
  entries: [{ id: 'new', profile, probe: '' }],
  directives: { NoNewPrivileges: { stage: 'privilege', type: 'switch', since: 187 } as never },
  platforms: [],
  changes: [],
  renamed: { old: 'new' },
}

test('an old address answers with the same files, byte for byte', () => {
  const files = new Map(movedFiles(data).map(({ id, path, text }) => [`${id}/${path}`, text]))
  for (const { path, text } of filesOf(data.entries[0]!, data)) {
    assert.equal(files.get(`old/${path}`), text)
  }
  assert.ok(files.get('old/hardening.conf')?.includes('NoNewPrivileges=yes'))
})

test('and with a page that leads on, by link as well', () => {
  const page = movedFiles(data).find(({ path }) => path === 'index.html')?.text ?? ''
  assert.match(page, /http-equiv="refresh" content="0; url=\/new\/"/)
  assert.match(page, /<a href="\/new\/">A &lt;new&gt; name<\/a>/)
})

test('hosts that read redirects are told', () => {
  assert.match(redirects({ old: 'new' }), /^\/old\/ \/new\/ 301$/m)
  assert.doesNotMatch(redirects({}), /301/)
})
