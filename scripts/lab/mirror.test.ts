import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { hostMirror, parseDeb822, parseList } from './mirror.ts'
import { readPlatforms } from './platforms.ts'

test('the one-line form is read with and without options, comments and sources left out', () => {
  const text = `# deb http://off.example/ x main
deb-src http://src.example/ x main
deb [arch=amd64 signed-by=/k] http://a.example/debian x main
deb http://b.example/debian y-security main contrib`
  assert.deepEqual(parseList(text), [
    { uri: 'http://a.example/debian', suites: ['x'] },
    { uri: 'http://b.example/debian', suites: ['y-security'] },
  ])
})

test('the paragraph form is read, switched-off ones left out', () => {
  const text = `Types: deb deb-src
# a comment
URIs: http://a.example/debian
Suites: x x-updates
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: x
`
  assert.deepEqual(parseDeb822(text), [
    { uri: 'http://a.example/debian', suites: ['x', 'x-updates'] },
  ])
})

test("the mirror is that of the host's own release, and none on another distribution", () => {
  const etc = mkdtempSync(join(tmpdir(), 'fenced-mirror-'))
  try {
    const [platform] = readPlatforms()
    assert.ok(platform)
    mkdirSync(join(etc, 'apt/sources.list.d'), { recursive: true })
    writeFileSync(join(etc, 'os-release'), 'ID=debian\nVERSION_CODENAME=bookworm\n')
    writeFileSync(
      join(etc, 'apt/sources.list.d/a.list'),
      'deb http://tools.example/ nodistro main\n',
    )
    writeFileSync(
      join(etc, 'apt/sources.list.d/b.sources'),
      'Types: deb\nURIs: http://m.example/d\nSuites: bookworm\n',
    )
    assert.equal(hostMirror(platform, etc), 'http://m.example/d')
    writeFileSync(join(etc, 'os-release'), 'ID=ubuntu\nVERSION_CODENAME=noble\n')
    assert.equal(hostMirror(platform, etc), undefined)
  } finally {
    rmSync(etc, { recursive: true })
  }
})
