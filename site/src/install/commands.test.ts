import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { parse } from 'yaml'
import { editByHand, installForGood, installUntilReboot, undo } from './commands.ts'
import type { Plan } from './commands.ts'
import { ansible, cloudInit, nixos } from './recipes.ts'
import { ways } from './ways.ts'

const file = (name: string, text: string) => ({
  name,
  url: `https://example.org/web/${name}`,
  sha256: createHash('sha256').update(text).digest('hex'),
  text,
})
const main = file('hardening.conf', '# it\'s: "text"\n\n[Service]\nUMask=0077\n')
const option = file('site-home.conf', '[Service]\nProtectHome=read-only\n')
const plan: Plan = { unit: 'web.service', files: [main] }
const both: Plan = { unit: 'web.service', files: [main, option] }
const template: Plan = { ...plan, unit: 'db@.service' }

test('the checksum stands between download and installation, and each step needs the one before', () => {
  const lines = installForGood(both).split('\n')
  for (const [at, { name, sha256 }] of both.files.entries()) {
    assert.equal(lines[at * 3 + 1], `echo '${sha256}  ${name}' | sha256sum -c &&`)
    assert.ok(lines[at * 3 + 2]?.includes(`/etc/systemd/system/web.service.d/${name}`))
  }
  assert.ok(lines.slice(0, -1).every((line) => line.endsWith(' &&')))
})

test('until reboot means /run', () => {
  assert.match(installUntilReboot(plan), /\/run\/systemd\/system\/web\.service\.d\//)
  assert.doesNotMatch(installUntilReboot(plan), /\/etc\//)
})

test('a template is edited as such, and its running instances are restarted', () => {
  assert.match(editByHand(template), /systemctl edit db@\.service\n/)
  assert.match(editByHand(template), /systemctl restart 'db@\*\.service'/)
  assert.match(ansible(template), /systemctl restart 'db@\*\.service'$/)
})

test('undo is one line and removes every file wherever it was put', () => {
  const line = undo('db@.service', ['hardening.conf', 'site-home.conf'])
  assert.doesNotMatch(line, /\n/)
  for (const place of ['/etc', '/run']) {
    assert.ok(line.includes(`${place}/systemd/system/db@.service.d/hardening.conf`))
    assert.ok(line.includes(`${place}/systemd/system/db@.service.d/site-home.conf`))
  }
})

test('cloud-init writes the texts byte for byte', () => {
  const { write_files: files, runcmd } = parse(cloudInit(both)) as {
    write_files: { path: string; content: string }[]
    runcmd: string[][]
  }
  assert.deepEqual(
    files.map(({ content }) => content),
    [main.text, option.text],
  )
  assert.equal(files[0]?.path, '/etc/systemd/system/web.service.d/hardening.conf')
  assert.deepEqual(runcmd.at(-1), ['systemctl', 'try-restart', 'web.service'])
})

test('the playbook is YAML, and each file has its checksum', () => {
  const [play] = parse(ansible(both)) as [
    { tasks: Record<string, Record<string, string>>[]; handlers: { name: string }[] },
  ]
  const fetched = play.tasks.map((task) => task['ansible.builtin.get_url']).filter((task) => !!task)
  assert.deepEqual(
    fetched.map(({ checksum }) => checksum),
    both.files.map(({ sha256 }) => `sha256:${sha256}`),
  )
  const { notify } = play.tasks.at(-1) as { notify?: unknown }
  assert.equal(play.handlers[0]?.name, notify)
})

test('NixOS gets the same digest in its own spelling', () => {
  const hash = createHash('sha256').update(main.text).digest('base64')
  assert.ok(nixos(plan).includes(`hash = "sha256-${hash}";`))
})

test('no way ends in a line end: what is copied is what is shown', () => {
  for (const { text } of ways) assert.equal(text(both).trimEnd(), text(both))
})
