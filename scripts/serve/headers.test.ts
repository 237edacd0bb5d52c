import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headersFor, parseHeaders } from './headers.ts'

const rules = parseHeaders(`# a note
/*
  X-Frame: no: really
  Cache-Control: short

/assets/*
  Cache-Control: long
/*.conf
  Content-Type: text/plain
/:service/badge.svg
  X-Badge: yes
`)

test('every matching rule counts, the later one wins', () => {
  assert.deepEqual(headersFor('/assets/a.css', rules), {
    'X-Frame': 'no: really',
    'Cache-Control': 'long',
  })
})

test('* reaches over slashes, :name does not, a dot is a dot', () => {
  assert.equal(headersFor('/nginx/stages/kernel.conf', rules)['Content-Type'], 'text/plain')
  assert.equal(headersFor('/nginx/kernelXconf', rules)['Content-Type'], undefined)
  assert.equal(headersFor('/nginx/badge.svg', rules)['X-Badge'], 'yes')
  assert.equal(headersFor('/a/nginx/badge.svg', rules)['X-Badge'], undefined)
})
