import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exec, start } from './exec.ts'

const skip = process.platform === 'linux' ? false : 'setpriv is a program of Linux'

test('gives code, both streams and what was put in', { skip }, async () => {
  const argv = ['sh', '-c', 'cat; echo problem >&2; exit 3']
  assert.deepEqual(await exec(argv, { input: 'text' }), {
    ...{ code: 3, stdout: 'text', stderr: 'problem\n', timedOut: false },
  })
})

test('a program that is not there is code 127, not an exception', { skip }, async () => {
  const { code, stderr } = await exec(['/nowhere/at-all'])
  assert.equal(code, 127)
  assert.match(stderr, /at-all/)
})

test('what takes too long is killed with its children', { skip }, async () => {
  const began = Date.now()
  const result = await exec(['sh', '-c', 'echo begun; sleep 60 & wait'], { seconds: 0.3 })
  assert.deepEqual(result, { code: 137, stdout: 'begun\n', stderr: '', timedOut: true })
  assert.ok(Date.now() - began < 5000)
})

test('an abort ends it, also one that came before', { skip }, async () => {
  const controller = new AbortController()
  const running = exec(['sleep', '60'], { signal: controller.signal })
  controller.abort()
  assert.equal((await running).code, 137)
  assert.equal((await exec(['sleep', '60'], { signal: controller.signal })).code, 137)
})

test('output without end is cut, and said to be', { skip }, async () => {
  const { stdout } = await exec(['sh', '-c', 'head -c 9000000 /dev/zero | tr "\\0" x'])
  assert.ok(stdout.length < 4_200_000)
  assert.match(stdout, /\n\[cut here, 4805696 characters more\]\n$/)
})

test('lines are told as they come, whole', { skip }, async () => {
  const lines: string[] = []
  const argv = ['sh', '-c', 'printf "a\\nb"; sleep 0.1; printf "c\\r\\nd\\n"']
  await exec(argv, { onLine: (line) => lines.push(line) })
  assert.deepEqual(lines, ['a', 'bc', 'd'])
})

test('a child that has ended its input can be waited for', { skip }, async () => {
  const running = start(['cat'])
  running.end()
  assert.equal((await running.result).code, 0)
})
