import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { projectRoot } from '../../../scripts/registry.ts'
import { reportUrl } from './report-url.ts'

test('every field that the link fills is one of the form', () => {
  const url = new URL(reportUrl('web', { unit: 'web.service', dropIn: 'ab' }))
  const path = join(projectRoot, '.github/ISSUE_TEMPLATE', url.searchParams.get('template') ?? '')
  assert.ok(existsSync(path), path)
  const { body } = parse(readFileSync(path, 'utf8')) as { body: { id?: string }[] }
  const ids = body.flatMap(({ id }) => id ?? [])
  for (const key of url.searchParams.keys()) {
    if (key !== 'template' && key !== 'title') assert.ok(ids.includes(key), key)
  }
  assert.equal(url.searchParams.get('service'), 'web')
})
