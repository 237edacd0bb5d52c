import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { fencedSh } from '../../site/src/published/fenced-sh.ts'
import { shellFiles } from '../../site/src/published/shell-files.ts'
import { projectRoot, readRegistry } from '../registry.ts'
import { cacheDir } from './cache.ts'
import { owner } from './owner.ts'
import { skipReason } from './require-host.ts'
import {
  assertSame,
  directoryWith,
  forGood,
  onTrial,
  packages,
  platformsToTry,
  serverOn,
  setUp,
  tidyUp,
} from './server.ts'
import type { Server } from './server.ts'
import { standingMachine } from './standing-machine.ts'
import type { Standing } from './standing-machine.ts'

const skip = skipReason()
/** Each step takes ten seconds; without being asked for all, the tests kill before every fourth. */
const stride = process.env['FENCED_STEPS'] === 'all' ? 1 : 4
const source = readFileSync(join(projectRoot, 'site/src/published/fenced.sh'), 'utf8')
const script = { path: 'fenced.sh', text: fencedSh(source, 'http://127.0.0.1:8080') }
const published = directoryWith([script, ...shellFiles(readRegistry())])
after(() => rmSync(published, { recursive: true }))

const isThere = (file: string) =>
  `for n in $(seq 300); do [ -e ${file} ] && exit; sleep 0.1; done; exit 1`
/** Nothing of a trial is left to be waited for. */
const isOver = `for n in $(seq 300); do
  systemctl list-units --plain --no-legend 'fenced-undo*' | grep -q . || exit 0; sleep 0.1
done; systemctl list-units 'fenced-undo*' >&2; exit 1`

/** Programs that fenced.sh changes something with. Each counts itself; the one that has the number in /run/count/at does what is asked. */
const counted = 'systemctl systemd-run mv cp rm rmdir mkdir mktemp sync tail journalctl'
const counting = (
  what: string,
) => `rm -rf /run/count; mkdir -p /run/count/bin; cd /run/count; echo 0 >n
cat >wrapper <<'END'
#!/bin/sh
cd /run/count
n=$(($(/usr/bin/cat n) + 1))
echo $n >n
echo "$(/usr/bin/basename "$0") $*" >>log
if [ $n = "$(/usr/bin/cat at)" ]; then /usr/bin/tail -n 1 log >reached; ${what}; fi
cd / ; exec "/usr/bin/$(/usr/bin/basename "$0")" "$@"
END
chmod +x wrapper; for name in ${counted}; do ln -s ../wrapper bin/$name; done`
/** As a unit of its own, so that it goes on when nobody looks. */
const begin = (args: string) => `rm -f /run/count/reached; cat >/run/admin <<'END'
echo $$ >/run/pid
PATH=/run/count/bin:$PATH exec sh /probe/fenced.sh --from /probe ${args} >/run/said 2>&1
END
systemd-run -q --collect --unit=admin -p SuccessExitStatus=KILL sh /run/admin`

for (const platform of skip ? [] : platformsToTry()) {
  describe(`fenced.sh cut short on ${platform.id}`, () => {
    let standing: Standing
    let server: Server
    const disk = join('disks', `${owner}-${platform.id}`)
    const boot = async () => {
      standing = await standingMachine({ platform, packages, probe: published, disk })
      server = serverOn(standing.machine)
    }
    before(async () => {
      cacheDir(disk)
      await boot()
      await server.sh(setUp)
    })
    after(async () => {
      await standing.cut()
      rmSync(cacheDir(disk), { recursive: true })
    })
    beforeEach(async () => {
      await server.sh(
        `systemctl stop admin 2>/dev/null; systemctl reset-failed admin 2>/dev/null; ${isOver}`,
      )
      await server.sh(tidyUp)
    })
    const state = () => server.state()

    for (const command of ['try', 'apply', 'stages']) {
      test(`${command}, killed while it watches, comes back by itself`, async () => {
        const was = await state()
        await server.sh(begin(`${command} memcached --watch 100`))
        await server.sh(isThere(onTrial))
        await server.sh('kill -KILL $(cat /run/pid)')
        await server.sh(isOver)
        assertSame(await state(), was)
      })
    }

    for (const signal of ['HUP', 'INT', 'TERM']) {
      test(`after ${signal} it takes the trial back`, async () => {
        const was = await state()
        await server.sh(begin(`apply memcached --watch 100`))
        await server.sh(isThere(onTrial))
        await server.sh(`kill -${signal} $(cat /run/pid); ${isOver}`)
        assert.match(await server.sh('cat /run/said'), /taken back: memcached.service is active/)
        assertSame(await state(), was)
      })
    }

    test('a shell that was stopped for too long finds the trial taken back', async () => {
      const was = await state()
      await server.sh(begin('apply memcached --watch 3'))
      await server.sh(isThere(onTrial))
      await server.sh(`kill -STOP $(cat /run/pid)
sed -i "s/deadline='[0-9]*'/deadline='1'/" /run/fenced/trial.*/undo; ${isOver}`)
      assertSame(await state(), was)
      await server.sh(`kill -CONT $(cat /run/pid)
while systemctl is-active -q admin; do sleep 0.1; done`)
      assert.match(await server.sh('cat /run/said'), /took too long/)
      assertSame(await state(), was)
    })

    test('a second one is refused while the first is at it', async () => {
      await server.sh(begin('try memcached --watch 5'))
      await server.sh(isThere(onTrial))
      for (const command of ['try', 'apply', 'revert']) {
        const { code, said } = await server.fenced(`${command} memcached --from /probe`)
        assert.equal(code, 2, said)
      }
      await server.sh('while systemctl is-active -q admin; do sleep 0.1; done')
      assert.match(await server.sh('cat /run/said'), /kept until the next boot/)
      assert.equal((await server.fenced('revert memcached')).code, 0)
    })

    /** Runs a command to its end, or up to the call that is to be its last; says which one that was. */
    const runUpTo = async (at: number, args: string) => {
      await server.sh(`echo 0 >/run/count/n; echo ${at} >/run/count/at; : >/run/count/log; ${begin(args)}
while systemctl is-active -q admin; do sleep 0.1; done; ${isOver}`)
      return server.sh('cat /run/count/reached 2>/dev/null || :')
    }
    const killing = counting('kill -KILL $(/usr/bin/cat /run/pid); exit 137')

    test('killed before any of its steps, the service is as before, or whole as it was to be', async () => {
      const was = await state()
      await server.sh(killing)
      await runUpTo(0, 'apply memcached --watch 0')
      assert.match(await server.sh('cat /run/said'), /kept for good/)
      const calls = (await server.sh('cat /run/count/log')).split('\n')
      const first = calls.findIndex((call) => call.startsWith('mkdir -p /run/fenced'))
      assert.ok(first > 0 && calls.length - first > 15, calls.join('\n'))
      await server.fenced('revert memcached')
      const ends = { before: 0, after: 0 }
      for (let at = first; at < calls.length; at += stride) {
        const step = await runUpTo(at, 'apply memcached --watch 0')
        const now = await state()
        if (now.memcached === was.memcached) {
          ends.before++
          assertSame(now, was, step, /\.new|var\/lib\/fenced/)
        } else {
          ends.after++
          const whole = new RegExp(`ActiveState=active[^]*DropInPaths=${forGood}\nNeed.*no\nkept`)
          assert.match(now.memcached, whole, step)
          const { said } = await server.fenced('status --from /probe')
          assert.match(said, /for good, current, running with it/, step)
        }
        const again = await server.fenced('apply memcached --watch 0 --from /probe')
        assert.equal(again.code, 0, `${step}: ${again.said}`)
        assert.equal((await server.fenced('revert memcached')).code, 0, step)
        assertSame(await state(), was, step)
      }
      assert.ok(ends.before > 0 && ends.after > 0, JSON.stringify(ends))
    })

    test('killed before any of its steps, revert can be said again', async () => {
      const was = await state()
      await server.sh(killing)
      for (let at = 1; ; at += stride) {
        assert.equal((await server.fenced('apply memcached --watch 0 --from /probe')).code, 0)
        const step = await runUpTo(at, 'revert memcached')
        assert.match((await state()).memcached, /ActiveState=active[^]*\nkept/, step)
        assert.equal((await server.fenced('revert memcached')).code, 0)
        assertSame(await state(), was, step)
        if (step === '') break
      }
    })

    test('after a power cut the machine boots into the old state, or whole into the new one', async () => {
      const was = await state()
      // While it watches.
      await server.sh(`rm -rf /run/count; ${begin('apply memcached --watch 100')}`)
      await server.sh(`${isThere(onTrial)}`)
      await standing.cut()
      await boot()
      assertSame(await state(), was)
      // Between the copy and its rename, and then after the rename: at the first sync, and at the second.
      for (const at of [1, 2]) {
        await server.sh(
          `${counting('exec sleep 600')}; cd bin; rm -f $(ls | grep -v sync); echo ${at} >/run/count/at`,
        )
        await server.sh(begin('apply memcached --watch 0'))
        await server.sh(isThere('/run/count/reached'))
        await standing.cut()
        await boot()
        if (at === 1) assertSame(await state(), was, '', /\.new/)
      }
      assert.match((await state()).memcached, new RegExp(`DropInPaths=${forGood}\n[^]*kept`))
      const status = (await server.fenced('status --from /probe')).said
      assert.match(status, /for good, current, running with it/)
      assert.equal((await server.fenced('revert memcached')).code, 0)
      assertSame(await state(), was)
    })
  })
}
