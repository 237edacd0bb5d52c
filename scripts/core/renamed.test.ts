import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRenamed } from './renamed.ts'

const ids = ['nginx', 'valkey']
const parse = (text: string) => parseRenamed('renamed.yaml', text, ids)
const places = (text: string) =>
  parse(text).problems.map(({ line, col, message }) => `${line}:${col} ${message}`)

test('pairs of old and new id', () => {
  assert.deepEqual(parse('# none yet\n'), { renamed: {}, problems: [] })
  assert.deepEqual(parse('redis: valkey\n'), { renamed: { redis: 'valkey' }, problems: [] })
})

test('the new id is a profile, and the old one is not', () => {
  assert.deepEqual(places('redis: keydb\n'), ['1:8 there is no profile keydb'])
  assert.deepEqual(places('nginx: valkey\n'), ['1:1 nginx is a profile again'])
  assert.deepEqual(places('api: valkey\n'), ['1:1 "api" cannot have been an id'])
  assert.deepEqual(places('Re/dis: valkey\n'), ['1:1 "Re/dis" cannot have been an id'])
})

test('a chain is written out, so that one step leads there', () => {
  const [problem] = parse('a: redis\nredis: valkey\n').problems
  assert.equal(problem?.fix, 'write valkey, its id by now')
})

test('anything else is no list of pairs', () => {
  assert.deepEqual(places('- redis\n'), ['1:1 these are no renamed ids'])
  assert.deepEqual(places('redis: 7\n'), ['1:8 redis is read as the number 7, not as text'])
})
