import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { exec } from './lab/exec.ts'
import { withRevision } from './revision.ts'
import { UsageError } from './usage.ts'

const command = fileURLToPath(new URL('diff.ts', import.meta.url))
const repository = mkdtempSync(join(tmpdir(), 'fenced-diff-'))
after(() => rmSync(repository, { recursive: true }))

const git = async (...args: string[]) => {
  const who = ['-c', 'user.name=x', '-c', 'user.email=x@example.org']
  const { code, stderr } = await exec(['git', '-C', repository, ...who, ...args])
  assert.equal(code, 0, stderr)
}
const diff = (...args: string[]) => exec([process.execPath, command, ...args], { seconds: 120 })

test('wrong usage, unknown revisions and profiles are exit code 2', async () => {
  const wrong = [
    [[], /since which revision\?\nusage: /],
    [['no-such-revision'], /there is no revision no-such-revision here; fetch it/],
    [['--output=/tmp/x'], /Unknown option/],
    [['HEAD', '--format', 'html'], /there is no format html/],
    [['HEAD', 'no-such-profile'], /there is no profile no-such-profile/],
  ] as const
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await diff(...args)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, message)
  }
})

test('the tree is compared with the newest commit, as data too', async () => {
  const { code, stdout } = await diff('HEAD', '--format', 'json')
  assert.equal(code, 0)
  assert.ok(Array.isArray(JSON.parse(stdout)))
})

test('another revision is laid out for reading, and removed after', async () => {
  const path = join(repository, 'profiles', 'x')
  mkdirSync(path, { recursive: true })
  mkdirSync(join(repository, 'schema'))
  writeFileSync(join(repository, 'schema', 'directives.yaml'), 'A: {}\n')
  writeFileSync(join(path, 'profile.yaml'), 'first\n')
  await git('init', '-q')
  await git('add', '.')
  await git('commit', '-qm', 'one')
  writeFileSync(join(path, 'profile.yaml'), 'second\n')
  await git('commit', '-qam', 'two')
  let seen = ''
  const text = await withRevision(
    'HEAD~1',
    (root) => readFileSync(join((seen = root), 'profiles', 'x', 'profile.yaml'), 'utf8'),
    repository,
  )
  assert.equal(text, 'first\n')
  assert.equal(existsSync(seen), false)
})

test('a name that git would take for an option, or a commit without profiles, is refused', async () => {
  await git('rm', '-rq', 'profiles')
  await git('commit', '-qm', 'three')
  for (const name of ['--all', 'HEAD', 'HEAD:schema', '']) {
    await assert.rejects(
      withRevision(name, () => 0, repository),
      UsageError,
      name,
    )
  }
})
