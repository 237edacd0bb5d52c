import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { Ajv } from 'ajv'
import { origin } from '../../scripts/core/site.ts'
import { headersFor, parseHeaders } from '../../scripts/serve/headers.ts'
import { checkedFilesOf } from '../src/published/files.ts'
import {
  built,
  builtFiles,
  directives,
  dist,
  entries,
  hardened,
  registry,
  transferred,
} from './registry.ts'

const files = builtFiles()
const options = entries.flatMap(({ profile }) => Object.keys(profile.options ?? {})).length
const pages = files.filter((path) => path.endsWith('.html'))
const attributes = (html: string, name: string) =>
  [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g'))].map(([, value]) => value!)

test('there is a page for every entry, and the pages that do not depend on entries', () => {
  for (const { id } of entries) expect(pages).toContain(`/${id}/index.html`)
  for (const path of ['/index.html', '/404.html']) expect(pages).toContain(path)
})

test('every address of the contract is a file', () => {
  const fixed = [
    ...['/profiles.json', '/SHA256SUMS', '/robots.txt', '/sitemap-index.xml', '/openapi.json'],
    ...['/_headers', '/_redirects', '/feed.xml', '/card.png', '/.nojekyll'],
    ...['/fenced.sh', '/fenced.sh.sha256', '/index.tsv', '/messages.tsv'],
  ]
  const schemas = ['profile', 'measured', 'published', 'profiles'].map(
    (name) => `/schema/${name}.schema.json`,
  )
  for (const path of [...fixed, ...schemas, '/favicon.svg']) expect(files).toContain(path)
  for (const { id } of entries) {
    for (const name of ['profile.json', 'feed.xml', 'card.png']) {
      expect(files).toContain(`/${id}/${name}`)
    }
  }
  for (const { id, profile } of hardened) {
    expect(files).toContain(`/${id}/hardening.conf`)
    for (const option of Object.keys(profile.options ?? {})) {
      expect(files).toContain(`/${id}/site-${option}.conf`)
    }
  }
})

test('the drop-ins are what the registry renders', () => {
  for (const entry of hardened) {
    for (const { path, text } of checkedFilesOf(entry, directives)) {
      expect(built(`/${entry.id}/${path}`)).toBe(text)
    }
  }
})

test('every checksum is that of its file, and none is missing', () => {
  const sums = new Map(
    built('/SHA256SUMS')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('  ').toReversed() as [string, string]),
  )
  for (const [path, sum] of sums) {
    const found = createHash('sha256')
      .update(readFileSync(join(dist, path)))
      .digest('hex')
    expect(sum, path).toBe(found)
  }
  const moved = Object.keys(registry.renamed)
  const fetched = files.filter((path) => files.includes(`${path}.sha256`))
  for (const path of fetched) {
    const [, id = ''] = path.split('/')
    const sum = sums.get(
      moved.includes(id) ? path.slice(1).replace(id, registry.renamed[id]!) : path.slice(1),
    )
    expect(built(`${path}.sha256`)).toBe(`${sum}  ${path.split('/').at(-1)}\n`)
  }
  for (const path of files.filter((path) => /\.(conf|yaml|nix|gz|deb)$/.test(path))) {
    expect(fetched).toContain(path)
  }
})

test('fenced.sh finds every drop-in that its index names, with that checksum', () => {
  const rows = built('/index.tsv').split('\n')
  const named = rows.map((row) => row.split('\t')).filter(([kind]) => kind === 'file')
  expect(named.length).toBeGreaterThan(hardened.length)
  for (const [, , , , , sum, path] of named) {
    expect(
      createHash('sha256')
        .update(built(`/${path}`))
        .digest('hex'),
      path,
    ).toBe(sum)
  }
  expect(built('/fenced.sh')).toContain(`\nfrom='${origin}'\n`)
})

test('old addresses answer with the files of the profile that took their place', () => {
  for (const [old, now] of Object.entries(registry.renamed)) {
    const own = files.filter((path) => path.startsWith(`/${now}/`) && /\.(conf|json)$/.test(path))
    for (const path of own) expect(built(path.replace(now, old))).toBe(built(path))
    expect(built(`/${old}/index.html`)).toContain(`url=/${now}/`)
    expect(built('/_redirects')).toContain(`/${old}/ /${now}/ 301\n`)
  }
})

test('the JSON is as its schemas say, and the API description names addresses that are there', () => {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true })
  const validatorOf = (name: string) =>
    ajv.compile(JSON.parse(built(`/schema/${name}.schema.json`)) as object)
  const index = validatorOf('profiles')
  expect(index(JSON.parse(built('/profiles.json'))), JSON.stringify(index.errors)).toBe(true)
  const published = validatorOf('published')
  const measured = validatorOf('measured')
  for (const { id } of entries) {
    const json = JSON.parse(built(`/${id}/profile.json`)) as { measured?: unknown }
    expect(published(json), `${id}: ${JSON.stringify(published.errors)}`).toBe(true)
    if (json.measured) expect(measured(json.measured), JSON.stringify(measured.errors)).toBe(true)
  }
  const { paths } = JSON.parse(built('/openapi.json')) as { paths: object }
  for (const path of Object.keys(paths)) {
    const form = new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[a-z0-9-]+')}$`)
    const wanted = path.includes('{option}') ? options > 0 : !path.endsWith('badge.svg')
    if (wanted)
      expect(
        files.some((file) => form.test(file)),
        path,
      ).toBe(true)
  }
})

test('no two rules of _headers say the same header of one address: hosts would join them', () => {
  const blocks = built('/_headers')
    .split(/\n(?=\/)/)
    .slice(1)
  for (const file of files) {
    const address = file.replace(/\/index\.html$/, '/')
    const said = blocks.flatMap((block) => Object.keys(headersFor(address, parseHeaders(block))))
    expect(said.length, `${address}: ${said.join(' ')}`).toBe(new Set(said).size)
  }
})

test('an entry that is better left alone offers no drop-in', () => {
  const without = entries.filter(({ profile }) => !profile.directives)
  for (const { id } of without) {
    expect(files.filter((path) => path.startsWith(`/${id}/`) && path.endsWith('.conf'))).toEqual([])
  }
})

for (const page of pages) {
  const html = built(page)

  test(`${page} has nothing inline`, () => {
    expect(html).not.toMatch(/<style[\s>]/)
    expect(html).not.toMatch(/\sstyle=/)
    expect(html).not.toMatch(/\son[a-z]+=/)
    expect(html).not.toMatch(/javascript:/i)
    for (const [tag] of html.matchAll(/<script\b[^>]*>/g)) expect(tag).toContain(' src="/assets/')
    expect(html).toContain('http-equiv="Content-Security-Policy"')
    expect(html).not.toContain('unsafe-')
  })

  test(`${page} asks no other host for anything`, () => {
    const loaded = [...html.matchAll(/<(?:script|link|img|source|iframe|object|embed)\b[^>]*>/g)]
    const addresses = loaded.flatMap(([tag]) => [
      ...attributes(tag, 'src'),
      ...attributes(tag, 'srcset'),
      ...(tag.includes('rel="canonical"') ? [] : attributes(tag, 'href')),
    ])
    for (const address of addresses) expect(address).toMatch(/^\/(?!\/)/)
    for (const canonical of html.match(/rel="canonical" href="[^"]*"/g) ?? []) {
      expect(canonical).toContain(`"${origin}/`)
    }
  })

  test(`${page} links only to what is there`, () => {
    const own = attributes(html, 'href').filter((href) => href.startsWith('/'))
    for (const href of own) {
      const path = href.split(/[?#]/)[0]!
      expect(files).toContain(path.endsWith('/') ? `${path}index.html` : path)
    }
    const ids = attributes(html, 'id')
    expect(ids.length).toBe(new Set(ids).size)
    for (const href of attributes(html, 'href').filter((href) => href.startsWith('#'))) {
      expect(ids).toContain(href.slice(1))
    }
  })
}

test('styles and scripts load nothing from elsewhere', () => {
  for (const path of files.filter((path) => /\.(css|js)$/.test(path))) {
    expect(built(path), path).not.toMatch(/@import|url\(\s*["']?(?:https?:)?\/\//)
    if (path.endsWith('.js')) expect(built(path), path).not.toMatch(/\bfetch\(|new Worker\(/)
  }
})

for (const { id } of entries) {
  test(`/${id}/ stays under 60 KB in all and 15 KB of script`, () => {
    const { all, script } = transferred(`/${id}/index.html`)
    expect(all).toBeLessThan(60_000)
    expect(script).toBeLessThan(15_000)
  })
}
