import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readYaml, textOnly } from './document.ts'

for (const [what, text, line, col] of [
  ['a repeated key', 'a: "1"\na: "2"\n', 2, 1],
  ['an anchor', 'a: &x b\n', 1, 7],
  ['an alias', 'a: &x b\nc: *x\n', 2, 4],
  ['__proto__', 'x: y\n__proto__: {a: b}\n', 2, 1],
  ['a merge key', '<<: {a: b}\n', 1, 1],
  ['text that runs backwards', 'a: "b\u202ec"\n', 1, 6],
  ['a control character', 'a: b\u0007\n', 1, 5],
  ['a second document', 'a: b\n---\nc: d\n', 2, 1],
  ['a tag', 'a: !run b\n', 1, 9],
  ['an open bracket', 'a: [\n', 2, 1],
] as const) {
  test(`readYaml refuses ${what} where it stands`, () => {
    const { problems, data } = readYaml('x.yaml', text)
    assert.equal(data, undefined)
    assert.ok(
      problems.some((p) => p.rule === 'yaml' && p.line === line && p.col === col),
      JSON.stringify(problems),
    )
  })
}

test('readYaml knows where keys and values stand', () => {
  const file = readYaml('x.yaml', 'a:\n  b: [c, d]\n')
  assert.deepEqual(file.keyAt(['a', 'b']), { line: 2, col: 3 })
  assert.deepEqual(file.valueAt(['a', 'b', 1]), { line: 2, col: 10 })
  assert.deepEqual(file.keyAt(['a', 'gone']), { line: 1, col: 1 })
})

test('textOnly names the value that YAML read otherwise, and how to write it', () => {
  const text = 'UMask: 0077\nb: [true]\n'
  const [first, second] = textOnly(readYaml('x.yaml', text), text)
  assert.equal(first?.message, 'UMask is read as the number 77, not as text')
  assert.equal(first?.fix, 'write it in quotes: "0077"')
  assert.deepEqual([second?.line, second?.col, second?.fix], [2, 5, 'write it in quotes: "yes"'])
})

test('readYaml never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      readYaml('x.yaml', text)
    }),
    { numRuns: 2000 },
  )
  for (const deep of ['[', '{a: ', '- ', '? ']) readYaml('x.yaml', deep.repeat(20_000))
  readYaml('x.yaml', 'a: b\n'.repeat(300_000))
})
