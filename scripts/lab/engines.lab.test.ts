import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { parse } from 'yaml'
import { archivesOf } from '../../site/src/published/archives.ts'
import { checkedFilesOf, dropInsOf } from '../../site/src/published/files.ts'
import { projectRoot, readRegistry } from '../registry.ts'
import type { Entry } from '../registry.ts'
import type { Machine, Result } from './machine.ts'
import { readPlatforms } from './platforms.ts'
import { skipReason } from './require-host.ts'
import { standingMachine } from './standing-machine.ts'
import type { Standing } from './standing-machine.ts'

const skip = skipReason()
const [platform] = readPlatforms()
const data = readRegistry()
const hardened = data.entries.filter(({ profile }) => profile.directives)
const textOf = (id: string, name = 'hardening.conf') =>
  dropInsOf(
    hardened.find((entry) => entry.id === id)!,
    data.directives,
  ).find(({ path }) => path === name)!.text

/** The role's own files, as the site packs them. */
const role = join(projectRoot, 'site', 'src', 'ansible', 'fenced')
const code = readdirSync(role, { recursive: true, withFileTypes: true })
  .filter((item) => item.isFile())
  .map(({ parentPath, name }) => join(parentPath, name))
  .map((path) => ({ path: path.slice(role.length + 1), text: readFileSync(path, 'utf8') }))

/** A first boot of cloud-init without what our user data does not ask for: users, keys, host names. */
const cloudConfig = `datasource_list: [NoCloud]
cloud_init_modules: [write_files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts_user]
`

/** A profile of memcached with which it cannot start. */
const broken = hardened
  .filter(({ id }) => id === 'memcached')
  .map((entry): Entry => ({
    ...entry,
    profile: { ...entry.profile, directives: { User: 'no-such-user' } },
  }))

let machine: Machine
let standing: Standing | undefined
const site = mkdtempSync(join(tmpdir(), 'fenced-engines-'))

before(async () => {
  if (skip || !platform) return
  for (const { path, bytes } of archivesOf(code, data)) put(path, bytes)
  for (const { path, bytes } of archivesOf(code, { ...data, entries: broken })) {
    put(`broken/${path}`, bytes)
  }
  for (const entry of hardened) {
    for (const { path, text } of checkedFilesOf(entry, data.directives)) {
      put(`${entry.id}/${path}`, text)
    }
  }
  const packages = ['ansible-core', 'cloud-init', 'memcached', 'nix-bin']
  standing = await standingMachine({ platform, packages, probe: site })
  machine = standing.machine
})
after(async () => {
  await standing?.cut()
  rmSync(site, { recursive: true })
})

function put(path: string, content: string | Uint8Array) {
  mkdirSync(dirname(join(site, path)), { recursive: true })
  writeFileSync(join(site, path), content)
}

async function run(script: string): Promise<string> {
  const { code, stdout, stderr } = await machine.run(script, { seconds: 300 })
  assert.equal(code, 0, `${script}\n${stdout}\n${stderr}`)
  return stdout
}

const own = '/etc/systemd/system/memcached.service.d'
const dropInPaths = () => run('systemctl show -P DropInPaths memcached')

/** Runs the role in the machine, on the machine. */
async function play(services: unknown, { flags = '', roles = 'good' } = {}): Promise<Result> {
  const book = [
    {
      hosts: 'localhost',
      connection: 'local',
      gather_facts: false,
      roles: [{ role: 'fenced', vars: { fenced_services: services, fenced_settle: 1 } }],
    },
  ]
  await machine.write('/root/book.yaml', JSON.stringify(book))
  const env = { ANSIBLE_ROLES_PATH: `/root/${roles}`, ANSIBLE_PIPELINING: '1' }
  return machine.run(`ansible-playbook -i localhost, ${flags} /root/book.yaml`, {
    seconds: 300,
    env,
  })
}

/** How many tasks changed something, from the last line. */
function changes({ code, stdout, stderr }: Result): number {
  assert.equal(code, 0, stdout + stderr)
  return Number(/^localhost .* changed=(\d+)/m.exec(stdout)?.[1])
}

test('the Ansible role hardens a host, and a second run changes nothing', { skip }, async () => {
  const install = (from: string, to: string) =>
    run(`ansible-galaxy role install file:///probe/${from}ansible/fenced.tar.gz -p /root/${to}`)
  await install('', 'good')
  await install('broken/', 'broken')
  // What the page shows, with an option and a check.
  const [{ roles }] = parse(readFileSync(join(site, 'memcached/ansible.yaml'), 'utf8')) as [
    { roles: [{ vars: { fenced_services: [{ id: string; sha256: object }] } }] },
  ]
  const [shown] = roles[0].vars.fenced_services
  assert.deepEqual(Object.keys(shown.sha256), ['hardening.conf'])
  const check = `timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/11211; echo version >&3; head -1 <&3'`
  const services = [{ ...shown, options: ['local'], check }]
  const tried = await play(services, { flags: '--check --diff' })
  assert.ok(changes(tried) > 0)
  assert.match(tried.stdout, /^\+IPAddressDeny=any$/m)
  await run(`! ls ${own} 2>/dev/null`)
  const first = await play(services)
  assert.ok(changes(first) > 0)
  assert.match(first.stdout, /Overall exposure level for memcached\.service: \d\.\d/)
  assert.equal(await run(`cat ${own}/hardening.conf`), textOf('memcached'))
  assert.equal(await run(`cat ${own}/site-local.conf`), textOf('memcached', 'site-local.conf'))
  assert.equal(await dropInPaths(), `${own}/hardening.conf ${own}/site-local.conf\n`)
  assert.equal(changes(await play(services)), 0)
})

test('a host whose service does not hold is as it was before', { skip }, async () => {
  const before = await run(`cd ${own} && stat -c '%n %a %U %Y' * && cat *`)
  const failed = await play(['memcached'], { roles: 'broken' })
  assert.notEqual(failed.code, 0)
  assert.match(
    failed.stdout,
    /memcached\.service did not hold with its drop-in: (Restart it|See whether it holds)/,
  )
  assert.match(failed.stdout, /Everything is as it was before/)
  assert.match(failed.stdout, /no-such-user|status=217/)
  assert.equal(await run(`cd ${own} && stat -c '%n %a %U %Y' * && cat *`), before)
  assert.equal(await run('systemctl is-active memcached'), 'active\n')
  assert.equal(await run('ls /run/fenced-ansible'), '')
})

test('what is not as pinned, not there or not ours is left alone', { skip }, async () => {
  const pinned = { id: 'memcached', stage: 'kernel', sha256: { 'hardening.conf': '0'.repeat(64) } }
  const other = await play([pinned])
  assert.match(other.stdout, /memcached\/stages\/kernel\.conf is not what was pinned/)
  const unknown = await play(['memcache'])
  assert.match(unknown.stdout, /there is no drop-in for memcache in this role/)
  await machine.write(`${own}/site-disk.conf`, '[Service]\nUMask=0022\n')
  const foreign = await play([{ id: 'memcached', state: 'absent' }])
  assert.match(foreign.stdout, /site-disk\.conf, which is not from Fenced/)
  for (const { code } of [other, unknown, foreign]) assert.notEqual(code, 0)
  assert.equal(await run(`cat ${own}/hardening.conf`), textOf('memcached'))
  await run(`rm ${own}/site-disk.conf`)
})

test('absent takes everything away again', { skip }, async () => {
  assert.ok(changes(await play([{ id: 'memcached', state: 'absent' }])) > 0)
  assert.equal(await dropInPaths(), '\n')
  assert.equal(await run('systemctl is-active memcached'), 'active\n')
})

test(
  'a change that a run left unproven is tried by the next, and taken back',
  { skip },
  async () => {
    // As if the connection had been lost after the file was written; there was none before.
    await machine.write(`${own}/hardening.conf`, textOf('memcached'))
    await run('mkdir -p /run/fenced-ansible/memcached.service.d')
    const next = await play([{ id: 'memcached', check: 'false' }])
    assert.match(next.stdout, /did not hold with its drop-in: See whether it does its work/)
    assert.notEqual(next.code, 0)
    await run(`! ls ${own} 2>/dev/null`)
    assert.equal(await run('systemctl is-active memcached'), 'active\n')
  },
)

test('each NixOS module is read by Nix, and sets what the drop-in sets', { skip }, async () => {
  const paths = hardened.map(({ id }) => `/probe/${id}/nixos.nix`)
  await run(`nix-instantiate --parse ${paths.join(' ')}`)
  for (const { id, profile } of hardened) {
    if (typeof profile.unit !== 'string') continue
    const name = profile.unit.replace(/\.service$/, '')
    const lib = '{ mkOverride = priority: value: assert priority == 1100; value; }'
    const module = `(import /probe/${id}/nixos.nix { lib = ${lib}; }).systemd.services`
    const json = await run(
      `nix-instantiate --eval --strict --json -E '${module}."${name}".serviceConfig'`,
    )
    const set = Object.entries(JSON.parse(json) as Record<string, string | string[]>)
    const lines = set.flatMap(([key, value]) => [value].flat().map((item) => `${key}=${item}`))
    const wanted = textOf(id).match(/^[A-Z]\w*=.*$/gm)
    assert.deepEqual(lines.toSorted(), wanted?.toSorted(), id)
  }
})

test(
  'dpkg installs the package, systemd takes its drop-ins, and it leaves no trace',
  { skip },
  async () => {
    const list = 'find /usr/lib/systemd/system /usr/share -type f | sort'
    const before = await run(list)
    await run('dpkg -i /probe/fenced.deb && systemctl restart memcached')
    assert.equal(await run('systemctl is-active memcached'), 'active\n')
    assert.equal(
      await dropInPaths(),
      '/usr/lib/systemd/system/memcached.service.d/hardening.conf\n',
    )
    assert.equal(await run('dpkg -V fenced'), '')
    // The tarball has the same files.
    await run(`mkdir /tmp/all && tar -C /tmp/all -xzf /probe/fenced.tar.gz 2>&1 | diff - /dev/null
    cd /tmp/all && find usr -type f | while read -r file; do cmp "$file" "/$file" || exit 1; done
    [ "$(find usr -type f | wc -l)" = "$(dpkg -L fenced | xargs ls -ld | grep -c ^-)" ]`)
    // An empty file of the same name in /etc turns it off.
    await machine.write(`${own}/hardening.conf`, '')
    await run('systemctl daemon-reload')
    assert.equal(await run('systemctl show -P PrivateUsers memcached'), 'no\n')
    await run(`rm -r ${own} && dpkg -P fenced`)
    assert.equal(await dropInPaths(), '\n')
    assert.equal(await run(list), before)
  },
)

test(
  'cloud-init takes each file of user data, and a first boot does what it says',
  { skip },
  async () => {
    for (const { id } of hardened) await run(`cloud-init schema -c /probe/${id}/cloud-init.yaml`)
    await machine.write('/etc/cloud/cloud.cfg', cloudConfig)
    const boot = async (data: string) => {
      await machine.write('/var/lib/cloud/seed/nocloud/user-data', data)
      await machine.write('/var/lib/cloud/seed/nocloud/meta-data', 'instance-id: fenced\n')
      await run(`cloud-init clean && cloud-init init --local && cloud-init init &&
      cloud-init modules --mode=config && cloud-init modules --mode=final`)
    }
    const data = readFileSync(join(site, 'memcached/cloud-init.yaml'), 'utf8')
    await boot(data)
    assert.equal(await dropInPaths(), `${own}/hardening.conf\n`)
    assert.equal(await run(`cat ${own}/hardening.conf`), textOf('memcached'))
    assert.equal(await run('systemctl show -P NeedDaemonReload memcached'), 'no\n')
    await boot(data.replace(/^( +)UMask=.*$/m, '$&\n$1User=no-such-user'))
    assert.equal(await dropInPaths(), '\n')
    assert.equal(await run('systemctl is-active memcached'), 'active\n')
  },
)
