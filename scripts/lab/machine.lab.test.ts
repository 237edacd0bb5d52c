import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createCgroup, findMounts } from './cgroup.ts'
import { start } from './exec.ts'
import { withMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import { readPlatforms } from './platforms.ts'
import { skipReason } from './require-host.ts'
import { standingMachine } from './standing-machine.ts'
import type { Standing } from './standing-machine.ts'

const skip = skipReason()
const [platform] = readPlatforms()

/** A machine that stays up for the tests of this file. */
let machine: Machine
let standing: Standing | undefined
const probes = mkdtempSync(join(tmpdir(), 'fenced-probe-'))
const probe = join(probes, 'x')
mkdirSync(probe)
writeFileSync(join(probe, 'probe.bats'), '#!/usr/bin/env bats\nload probe\n@test "x" { shared; }\n')
writeFileSync(join(probes, 'probe.bash'), 'shared() { [ -d /probe ]; }\n')

before(async () => {
  if (skip || !platform) return
  standing = await standingMachine({ platform, packages: ['nginx'], probe })
  machine = standing.machine
})
after(async () => {
  await standing?.cut()
  rmSync(probes, { recursive: true })
})

const out = async (script: string, options = {}) => (await machine.run(script, options)).stdout

test('systemd is up and the service runs as its package leaves it', { skip }, async () => {
  assert.equal(
    await out('systemctl is-system-running; systemctl is-enabled nginx'),
    'running\nenabled\n',
  )
  assert.match(await out('curl -sI http://localhost'), /^HTTP\/1\.1 200/)
})

test('it has addresses of its own and no way out', { skip }, async () => {
  assert.match(await out('ip -br address show lan0'), /192\.0\.2\.10\/24 2001:db8::10\/64/)
  assert.match(await out('curl -sI http://192.0.2.10'), /200/)
  assert.match(await out('curl -sgI "http://[2001:db8::10]"'), /200/)
  assert.equal(await out('getent hosts "$(hostname)" | cut -d" " -f1'), '127.0.1.1\n')
  const { code } = await machine.run('curl -s --max-time 2 http://198.51.100.1')
  assert.equal(code, 7)
})

test('commands of a setup come first, and one that fails is named', { skip }, async () => {
  assert.ok(platform)
  const spec = { platform, packages: ['nginx'], setup: ['echo one >/srv/order', 'cat /srv/order'] }
  const seen = await withMachine(spec, async ({ run }) => (await run('cat /srv/order')).stdout)
  assert.equal(seen, 'one\n')
  const broken = { ...spec, setup: ['cat /none'] }
  await assert.rejects(
    withMachine(broken, () => Promise.resolve()),
    /setup: cat \/none: cat: \/none: No such file/,
  )
})

test('input, environment, exit code and both streams go through', { skip }, async () => {
  const script = 'cat; echo "$A" >&2; exit 3'
  assert.deepEqual(await machine.run(script, { input: "in 'put'\n", env: { A: 'a b' } }), {
    ...{ code: 3, stdout: "in 'put'\n", stderr: 'a b\n', timedOut: false },
  })
})

test('a file is written with its mode, whatever its name', { skip }, async () => {
  await machine.write("/etc/a b/it's", 'text\n', 0o640)
  assert.equal(await out(`cat "/etc/a b/it's"; stat -c %a "/etc/a b/it's"`), 'text\n640\n')
})

test(
  'the probe is there to be read, not to be written, and what it loads with it',
  { skip },
  async () => {
    assert.match(await out('bats --tap /probe/probe.bats'), /^ok 1 x$/m)
    assert.match(await out('cat /probe/probe.bats'), /bats/)
    assert.equal((await machine.run('echo x >/probe/probe.bats')).code, 1)
  },
)

test('a script that hangs is ended with all that it started', { skip }, async () => {
  const script = 'setsid bash -c "exec -a fenced-straggler sleep 600" & echo there; exec sleep 600'
  const { timedOut, stdout } = await machine.run(script, { seconds: 1 })
  assert.deepEqual([timedOut, stdout], [true, 'there\n'])
  assert.equal(await out('pgrep -cf [f]enced-straggler'), '0\n')
})

test('what a script leaves behind does not hold its end up', { skip }, async () => {
  const began = Date.now()
  assert.equal(await out('setsid sleep 600 & echo done'), 'done\n')
  assert.ok(Date.now() - began < 5000)
})

test('a probe that forks like mad is ended, and the machine lives on', { skip }, async () => {
  await machine.run('bomb() { bomb | bomb & }; bomb; sleep 600', { seconds: 2 })
  assert.equal(await out('echo still here'), 'still here\n')
  assert.match(await out('curl -sI http://localhost'), /200/)
})

test('a probe that fills the disk fills its own', { skip }, async () => {
  const { stderr } = await machine.run('fallocate -l 64G /fill; rm -f /fill')
  assert.match(stderr, /No space left on device/)
  assert.equal(await out('echo still here'), 'still here\n')
})

test('this host limits what a machine takes', { skip }, async () => {
  const cgroup = await createCgroup()
  await cgroup.remove()
  assert.deepEqual(cgroup.unlimited, [])
})

// Each would be refused for its nonsense, and change nothing, if the filter were not there.
const filter: [string, string, RegExp][] = [
  ['the clock is not set', 'my $t = pack "qq", 1, 2_000_000; syscall(164, $t, 0)', /EPERM/],
  ['the clock is asked for in vain', 'syscall(164, 0, 0)', /^done/],
  ['no module is loaded', 'my $e = ""; syscall(313, 5, $e, 0)', /EPERM/],
  ['swap is left alone', 'my $e = "/nowhere\\0"; syscall(168, $e)', /EPERM/],
  ["the console's level is left alone", 'syscall(103, 8, 0, 99)', /EPERM/],
  ['no other kernel is loaded', 'syscall(320, -1, -1, 0, 0, 0)', /EPERM/],
]
for (const [name, call, answer] of filter) {
  test(`towards the host: ${name}`, { skip: skip || process.arch !== 'x64' }, async () => {
    const code = `print do { ${call} } == 0 ? "done\n" : $!{EPERM} ? "EPERM\n" : "$!\n"`
    await machine.write('/run/call.pl', code)
    assert.match(await out('perl /run/call.pl'), answer)
    assert.match(await out('systemd-run -q --wait --pipe perl /run/call.pl'), answer)
  })
}

test('towards the host: a disk may be named, never opened', { skip }, async () => {
  const { stderr } = await machine.run('mknod /disk b 8 0 && head -c 1 /disk; rm -f /disk')
  assert.match(stderr, /Operation not permitted/)
  const unit = `mknod /disk b 8 0 && head -c 1 /disk; e=$?; rm -f /disk; exit $e`
  assert.notEqual((await machine.run(`systemd-run -q --wait --pipe sh -c '${unit}'`)).code, 0)
})

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`a lab that gets ${signal} leaves nothing that the next one sees`, { skip }, async () => {
    const name = `fenced-victim-${process.pid}-${signal}`
    const script = `exec -a ${name} sleep 600`
    const cli = new URL('cli.ts', import.meta.url).pathname
    const victim = start(
      [process.execPath, cli, 'shell', '--packages', 'nginx', '--command', script],
      { env: { PATH: process.env['PATH'] ?? '' } },
    )
    for (let tries = 0; tries < 200 && !isRunning(name); tries++) await pause(100)
    assert.ok(isRunning(name))
    process.kill(victim.pid ?? 0, signal)
    await victim.result
    for (let tries = 0; tries < 50 && isRunning(name); tries++) await pause(20)
    assert.ok(!isRunning(name))
    assert.doesNotMatch(readFileSync('/proc/mounts', 'utf8'), /\/\.cache\//)
    assert.ok(platform)
    await withMachine({ platform, packages: [] }, async (next) => {
      assert.equal((await next.run('echo at once')).stdout, 'at once\n')
    })
    const { unified } = findMounts(readFileSync('/proc/self/mountinfo', 'utf8'))
    assert.ok(!readdirSync(unified).some((group) => group.startsWith(`fenced-${victim.pid}-`)))
  })
}

function isRunning(name: string): boolean {
  return readdirSync('/proc').some((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`${name}\0`)
      )
    } catch {
      return false
    }
  })
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
