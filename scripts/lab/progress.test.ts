import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProgress } from './progress.ts'

function setUp(terminal: boolean) {
  let text = ''
  let time = 0
  const stream = { isTTY: terminal, columns: 80, write: (part: string) => (text += part) }
  const progress = createProgress(stream, () => time)
  return {
    progress,
    pass: (seconds: number) => (time += seconds * 1000),
    read: () => text,
    /** What a terminal shows in its last line. */
    screen: () => text.split('\n').at(-1)?.split('\u001b[K').at(-1),
  }
}

test('a terminal shows how far it is, and how long it takes yet', () => {
  const { progress, pass, screen } = setUp(true)
  progress.track('nginx', 0, 8)
  assert.equal(screen(), 'nginx [............] 0 of 8')
  pass(40)
  progress.track('nginx', 4, 8)
  assert.equal(screen(), 'nginx [######......] 4 of 8, 40 s left')
})

test('a line goes above the live one', () => {
  const { progress, screen, read } = setUp(true)
  progress.track('nginx', 1, 8)
  progress.say('building an image')
  assert.match(read(), /building an image\n/)
  assert.equal(screen(), 'nginx [#...........] 1 of 8')
})

test('work that is done takes no room', () => {
  const { progress, screen } = setUp(true)
  progress.track('nginx', 8, 8)
  assert.equal(screen(), '')
})

test('where there is no terminal, plain lines come now and then', () => {
  const { progress, pass, read } = setUp(false)
  progress.say('begins')
  progress.track('nginx', 0, 8)
  pass(10)
  progress.track('nginx', 2, 8)
  pass(300)
  progress.track('nginx', 4, 8)
  progress.track('nginx', 8, 8)
  progress.close()
  assert.equal(read(), 'begins\nnginx [######......] 4 of 8, 5 min left\n')
})
