import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { quote } from './machine.ts'
import type { Machine } from './machine.ts'
import type { Platform } from './platforms.ts'
import { readPlatforms } from './platforms.ts'

/** Every platform where that is asked for, since each takes minutes; else the first. */
export function platformsToTry(): Platform[] {
  const all = readPlatforms()
  return process.env['FENCED_PLATFORMS'] === 'all' ? all : all.slice(0, 1)
}

/** What the tests of fenced.sh need on a machine; /probe holds what the site publishes for it. */
export const packages = ['memcached', 'nginx', 'wget']

/** Where fenced.sh is told that it was published: a server inside the machine. */
export const site = 'http://127.0.0.1:8080'

export const forGood = '/etc/systemd/system/memcached.service.d/hardening.conf'
export const onTrial = '/run/systemd/system.control/memcached.service.d/hardening.conf'

/** A new directory with these files in it. */
export function directoryWith(files: { path: string; text: string }[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'fenced-sh-'))
  for (const { path, text } of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  return directory
}

export interface Said {
  code: number
  /** On either stream. */
  said: string
}

export interface State {
  /** Every file that decides how services run, a line each: its name, mode, owner, size and time, or its checksum. */
  files: string
  /** What systemd says of memcached, and then what memcached itself answers; nothing where it does not. */
  memcached: string
}

/** Holds that two states are the same; lines on files that `but` is in aside. */
export function assertSame(is: State, was: State, message = '', but = /$^/) {
  const lines = ({ files }: State) => files.split('\n').filter((line) => !but.test(line))
  const [before, now] = [new Set(lines(was)), new Set(lines(is))]
  const differences = [
    ...[...before.difference(now)].map((line) => `- ${line}`),
    ...[...now.difference(before)].map((line) => `+ ${line}`),
  ]
  assert.deepEqual([...differences, is.memcached], [was.memcached], message)
}

/** A machine as an administrator has it who runs fenced.sh on it. */
export interface Server {
  /** Runs fenced.sh as root with arguments as a shell reads them. */
  fenced(args: string, env?: Record<string, string>): Promise<Said>
  sh(script: string): Promise<string>
  state(): Promise<State>
  /** Runs fenced.sh and holds that memcached answers as before, from files that are as before. */
  changesNothing(args: string, code: number, said: RegExp): Promise<Said>
}

const files = `
cd / && for root in etc run/systemd/system run/systemd/system.control var/lib/fenced; do
  [ ! -d $root ] || find $root ! -type d -printf '%p %m %u:%g %s %T@\\n'
  [ ! -d $root ] || find $root -type f -exec sha256sum {} +
done | sort`

const memcached = `
systemctl show -p ActiveState -p SubState -p DropInPaths -p NeedDaemonReload memcached
for try in 1 2 3 4 5 6 7 8 9 10; do
  printf 'set a 0 0 4\\r\\nkept\\r\\nget a\\r\\nquit\\r\\n' | nc -N 127.0.0.1 11211 2>/dev/null | grep '^kept' && break
  sleep 0.3
done`

const leftovers = `systemctl list-units --plain --no-legend 'fenced-undo*'; ls /run/fenced || :`

export function serverOn(machine: Machine): Server {
  const sh = async (script: string) => {
    const { code, stdout, stderr } = await machine.run(script, { seconds: 300 })
    if (code !== 0) throw new Error(`${script}\nexit code ${code}\n${stdout}${stderr}`)
    return stdout
  }
  const fenced = async (args: string, env: Record<string, string> = {}) => {
    const set = Object.entries(env).map(([name, value]) => `${name}=${quote(value)} `)
    const script = `${set.join('')}sh /probe/fenced.sh ${args} 2>&1`
    const { code, stdout } = await machine.run(script, { seconds: 300 })
    return { code, said: stdout }
  }
  const state = async () => ({ files: await sh(files), memcached: await sh(memcached) })
  return {
    sh,
    fenced,
    state,
    changesNothing: async (args, code, said) => {
      const was = await state()
      const result = await fenced(args)
      assert.match(result.said, said)
      assert.equal(result.code, code, result.said)
      assertSame(await state(), was, result.said)
      assert.match(was.memcached, /ActiveState=active[^]*\nkept/)
      assert.doesNotMatch(await sh(leftovers), /fenced-undo|trial/)
      return result
    },
  }
}

/** The site inside the machine, and a copy of memcached's configuration to come back to. */
export const setUp = `
printf 'server { listen 127.0.0.1:8080; root /srv/fenced; }\\n' >/etc/nginx/conf.d/fenced.conf
cp -r /probe /srv/fenced && systemctl restart nginx memcached
install -d -o memcache -g memcache /var/lib/memcached
cp /etc/memcached.conf /root/`

/** As it was after setUp, where the test before has not come to its end. */
export const tidyUp = `
systemctl start nginx; cmp -s /root/memcached.conf /etc/memcached.conf &&
  systemctl is-active -q memcached && [ ! -e ${forGood} ] && [ ! -e ${onTrial} ] && exit
cp /root/memcached.conf /etc/; rm -rf ${dirname(forGood)} ${dirname(onTrial)} /var/lib/fenced /run/fenced
systemctl daemon-reload; systemctl reset-failed memcached; systemctl restart memcached`

/** A copy of what is published, changed by a script that runs in it. */
export const forged = (change: string) =>
  `rm -rf /srv/forged; cp -r /srv/fenced /srv/forged; cd /srv/forged; ${change}`
