import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { parse } from 'yaml'
import { ansible } from './ansible.ts'
import { cloudInit } from './cloud-init.ts'
import { editByHand, installForGood, installUntilReboot, undo } from './commands.ts'
import type { Plan } from './commands.ts'
import { fencedSh } from './fenced-sh.ts'
import { nixos } from './nixos.ts'
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
  assert.match(cloudInit(template), /list-units [^\n]*'db@\*\.service'/)
})

test('undo is one line and removes every file wherever it was put', () => {
  const line = undo('db@.service', ['hardening.conf', 'site-home.conf'])
  assert.doesNotMatch(line, /\n/)
  for (const place of ['/etc', '/run']) {
    assert.ok(line.includes(`${place}/systemd/system/db@.service.d/hardening.conf`))
    assert.ok(line.includes(`${place}/systemd/system/db@.service.d/site-home.conf`))
  }
})

test('cloud-init writes the texts byte for byte, and takes back what it wrote', () => {
  const units = ['web.service', 'db@.service']
  const { write_files: files, runcmd } = parse(cloudInit(both, units)) as {
    write_files: { path: string; content: string }[]
    runcmd: string[]
  }
  assert.deepEqual(
    files.map(({ content }) => content),
    [main.text, option.text, main.text, option.text],
  )
  assert.equal(files[0]?.path, '/etc/systemd/system/web.service.d/hardening.conf')
  for (const { path } of files) assert.match(runcmd[0]!, new RegExp(`rm -f .*${path}`))
})

test('the playbook names stage and options, and pins each file', () => {
  const staged = { ...main, url: 'https://example.org/web/stages/kernel.conf' }
  const servicesOf = (plan: Plan) => {
    const [play] = parse(ansible(plan)) as [
      { roles: [{ role: string; vars: { fenced_services: object[] } }] },
    ]
    assert.equal(play.roles[0].role, 'fenced')
    return play.roles[0].vars.fenced_services
  }
  const sha256 = { 'hardening.conf': main.sha256 }
  assert.deepEqual(servicesOf(plan), [{ id: 'web', sha256 }])
  assert.deepEqual(servicesOf({ ...both, files: [staged, option] }), [
    {
      id: 'web',
      stage: 'kernel',
      options: ['home'],
      sha256: { ...sha256, 'site-home.conf': option.sha256 },
    },
  ])
})

test('NixOS gets strings whatever they hold, lists of what comes again, and marks', () => {
  const text = `# head
[Service]
# a: why
ReadWritePaths=-/var/lib/x
UMask=0077
SystemCallFilter=
SystemCallFilter=@system-service
Environment="A=\${B}" $C \\n
User=web
`
  const module = nixos({ unit: 'a@.service', files: [file('hardening.conf', text), option] })
  assert.match(module, /^ {2}name = "a@";$/m)
  const mark = '    # Of Debian; NixOS has other paths and users: check it.\n'
  assert.ok(module.includes(`    # a: why\n${mark}    ReadWritePaths = "-/var/lib/x";\n`))
  assert.ok(module.includes(`${mark}    User = "web";\n    ProtectHome = "read-only";\n`))
  assert.ok(module.includes('    SystemCallFilter = [ "" "@system-service" ];\n'))
  assert.ok(module.includes('    Environment = "\\"A=\\${B}\\" $C \\\\n";\n'))
  assert.equal(module.split(mark).length, 3)
})

test('fenced.sh is told the names of what is shown', () => {
  assert.match(fencedSh(both), /\nsudo sh fenced\.sh try web\.service --option home\nsudo/)
  const url = 'https://example.org/web/stages/kernel.conf'
  const stage: Plan = { unit: 'db@.service', files: [{ ...main, url }, option] }
  assert.match(fencedSh(stage), / apply db@\.service --stage kernel --option home$/)
  assert.ok(fencedSh(plan).endsWith(' apply web.service'))
})

test('no way ends in a line end: what is copied is what is shown', () => {
  for (const { text } of ways) assert.equal(text(both).trimEnd(), text(both))
})
