import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderDropIn } from '../../../scripts/core/profile/render.ts'
import { stages } from '../../../scripts/core/profile/types.ts'
import { readRegistry } from '../../../scripts/registry.ts'
import { partsOf } from './parts.ts'

const { entries, directives } = readRegistry()
const hardened = entries.filter(({ profile }) => profile.directives)

test('the pieces together are the text again', () => {
  for (const { profile } of hardened) {
    const text = renderDropIn(profile, { directives })
    const { head, parts } = partsOf(text, directives)
    assert.equal(head + parts.map(({ lead, setting }) => lead + setting).join(''), text)
    assert.deepEqual(
      parts.map(({ directive }) => directive).toSorted(),
      Object.keys(profile.directives ?? {}).toSorted(),
    )
  }
})

test('a stage is its own first lines and the pieces up to it', () => {
  for (const { profile } of hardened) {
    const { parts } = partsOf(renderDropIn(profile, { directives }), directives)
    for (const [index, stage] of stages.entries()) {
      if (!parts.some((part) => part.stage === stage)) continue
      const text = renderDropIn(profile, { directives, stage })
      const kept = parts.filter((part) => stages.indexOf(part.stage) <= index)
      const { head } = partsOf(text, directives)
      assert.equal(head + kept.map(({ lead, setting }) => lead + setting).join(''), text)
    }
  }
})
