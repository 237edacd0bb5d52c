import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { fencedSh } from '../../site/src/published/fenced-sh.ts'
import { shellFiles } from '../../site/src/published/shell-files.ts'
import { projectRoot, readRegistry } from '../registry.ts'
import { skipReason } from './require-host.ts'
import * as on from './server.ts'
import type { Server } from './server.ts'
import { standingMachine } from './standing-machine.ts'
import type { Standing } from './standing-machine.ts'

const { forGood, onTrial } = on
/** What the drop-in does not allow without an option: a file for values. */
const withFile = "echo '-o ext_path=/var/lib/memcached/values:64m' >>/etc/memcached.conf"
const skip = skipReason()
const source = readFileSync(join(projectRoot, 'site/src/published/fenced.sh'), 'utf8')
const script = { path: 'fenced.sh', text: fencedSh(source, on.site) }
const published = on.directoryWith([script, ...shellFiles(readRegistry())])
after(() => rmSync(published, { recursive: true }))

for (const platform of skip ? [] : on.platformsToTry()) {
  describe(`fenced.sh on ${platform.id}`, () => {
    let standing: Standing
    let server: Server
    const changesNothing: Server['changesNothing'] = (...args) => server.changesNothing(...args)

    before(async () => {
      standing = await standingMachine({ platform, packages: on.packages, probe: published })
      server = on.serverOn(standing.machine)
      await server.sh(on.setUp)
    })
    after(() => standing.cut())
    beforeEach(async () => void (await server.sh(on.tidyUp)))

    test('scan shows what runs and what a profile makes of it, from the site or a directory', async () => {
      for (const from of ['', '--from /probe']) {
        const { said } = await changesNothing(`scan ${from}`, 0, /^today/)
        const [, ...rows] = said.trimEnd().split('\n')
        const figures = rows.map((row) => Number.parseFloat(row))
        assert.deepEqual(
          figures,
          figures.toSorted((a, b) => b - a),
        )
        assert.match(said, / 4\.6 +[12]\.\d +memcached\.service +as measured on Debian/)
        assert.match(said, / 9\.\d +- +dbus\.service +better left alone/)
        assert.match(said, / \d\.\d +- +systemd-journald\.service +no profile/)
      }
    })

    test('looking around needs no root, and changes nothing', async () => {
      const nobody = `setpriv --reuid=65534 --regid=65534 --clear-groups sh /probe/fenced.sh`
      for (const args of ['scan', 'status', 'try memcached --dry-run', 'stages nginx --dry-run']) {
        assert.match(await server.sh(`${nobody} ${args}`), /today|nothing of|would write/)
      }
      for (const command of ['try', 'apply', 'stages']) {
        const args = `${command} memcached --dry-run`
        const { said } = await changesNothing(args, 0, /would write .*would|would write/s)
        assert.match(said, /^ {2}ProtectSystem=strict$/m)
      }
    })

    test('try holds until the next boot, and revert leaves nothing', async () => {
      const was = await server.state()
      const { code, said } = await server.fenced(
        'try memcached --watch 2 --check "nc -zN localhost 11211"',
      )
      assert.equal(code, 0, said)
      assert.match(said, /holds with all of it: exposure 4\.6 -> [12]\.\d/)
      assert.match(
        (await server.state()).memcached,
        new RegExp(`DropInPaths=.*${onTrial}\n[^]*kept`),
      )
      assert.match(
        (await server.fenced('status')).said,
        /until the next boot, current, running with it/,
      )
      assert.equal((await server.fenced('revert memcached')).code, 0)
      on.assertSame(await server.state(), was)
    })

    test('apply installs what is published for this systemd, and revert leaves nothing', async () => {
      const was = await server.state()
      const { code, said } = await server.fenced('apply memcached --watch 1')
      assert.equal(code, 0, said)
      const older = Number(platform.systemd) < 257 ? 'systemd-247/' : ''
      await server.sh(`cmp ${forGood} /probe/memcached/${older}hardening.conf`)
      assert.match((await server.state()).memcached, new RegExp(`DropInPaths=${forGood}\n[^]*kept`))
      assert.match((await server.fenced('status')).said, /for good, current, running with it/)
      await changesNothing('apply memcached', 0, /has exactly this already/)
      await changesNothing('revert memcached --dry-run', 0, /would remove/)
      // Over what is installed a trial takes its place, and gives it back.
      const stage = await server.fenced('try memcached --stage filesystem --watch 1')
      assert.match(stage.said, /exposure [12]\.\d -> 4\.4/)
      await changesNothing(
        'try memcached --check "! grep -q memory /etc/memcached.conf" --watch 0',
        2,
        /fails: .*without/,
      )
      assert.equal((await server.fenced('revert memcached.service')).code, 0)
      on.assertSame(await server.state(), was)
    })

    test('without curl, wget does', async () => {
      const hidden = 'mkdir -p /run/bin; ln -sf /usr/sbin/* /usr/bin/* /run/bin/; rm /run/bin/curl'
      await server.sh(hidden)
      const { code, said } = await server.fenced('try memcached --dry-run', { PATH: '/run/bin' })
      assert.match(said, /ProtectSystem=strict/)
      assert.equal(code, 0)
    })

    test('a start that fails is taken back, and the line is named', async () => {
      await server.sh(`${withFile}; systemctl restart memcached`)
      const why =
        /does not stay up[^]*taken back: memcached.service is active[^]*likely:.* ProtectSystem/
      await changesNothing('try memcached --watch 5', 1, why)
      await changesNothing('apply memcached --watch 5', 1, why)
      await changesNothing('stages memcached --watch 5', 1, why)
      const { code, said } = await server.fenced('apply memcached --option disk --watch 2')
      assert.equal(code, 0, said)
      await server.sh(
        `cat /probe/memcached/site-disk.conf | tail -n 3 | cmp - <(tail -n 3 ${forGood})`,
      )
      assert.equal((await server.fenced('revert memcached')).code, 0)
      await server.sh('cp /root/memcached.conf /etc/ && systemctl restart memcached')
    })

    test('a start that systemd itself sees fail is taken back', async () => {
      await server.sh(`mkdir -p /etc/systemd/system/nginx.service.d
printf '[Service]\\nPIDFile=/srv/nginx.pid\\n' >/etc/systemd/system/nginx.service.d/own.conf
systemctl stop nginx; sed -i 's#^pid .*#pid /srv/nginx.pid;#' /etc/nginx/nginx.conf
systemctl daemon-reload; systemctl start nginx`)
      await changesNothing('try nginx --watch 1', 1, /does not start[^]*ProtectSystem/)
      assert.equal(await server.sh('systemctl is-active nginx'), 'active\n')
      await server.sh(`rm -r /etc/systemd/system/nginx.service.d; systemctl stop nginx
sed -i 's#^pid .*#pid /run/nginx.pid;#' /etc/nginx/nginx.conf; systemctl daemon-reload; systemctl start nginx`)
    })

    test('a check that fails is taken back; one that fails already is refused', async () => {
      await server.sh(
        "sed -i 's/^-l .*/-l 0.0.0.0/' /etc/memcached.conf; systemctl restart memcached",
      )
      const check = `--check 'nc -zN localhost 11211' --check 'nc -w 2 -zN 192.0.2.10 11211'`
      const why = /check 'nc -w 2[^']*' fails[^]*taken back: memcached.service is active/
      await changesNothing(`try memcached --option local --watch 1 ${check}`, 1, why)
      await changesNothing(`apply memcached --option local --watch 1 ${check}`, 1, why)
      await server.sh('cp /root/memcached.conf /etc/; systemctl restart memcached')
      await changesNothing(`apply memcached ${check}`, 2, /fails: , and that without the drop-in/)
    })

    test('stages keeps the last that held', async () => {
      // An administrator's own helper, for which the stage kernel hides too much.
      await server.sh(`mkdir -p /etc/systemd/system/memcached.service.d
printf '[Service]\\nExecStartPost=cat /proc/loadavg\\n' >/etc/systemd/system/memcached.service.d/own.conf
systemctl daemon-reload; systemctl restart memcached`)
      const was = await server.state()
      const { code, said } = await server.fenced('stages memcached --watch 3')
      assert.match(said, /does not hold with the stages up to kernel[^]*likely:.* ProcSubset/)
      assert.match(said, /kept for good, the stages up to privilege/)
      assert.equal(code, 1)
      const older = Number(platform.systemd) < 257 ? 'systemd-242/' : ''
      await server.sh(`cmp ${forGood} /probe/memcached/${older}stages/privilege.conf`)
      assert.match(
        (await server.state()).memcached,
        new RegExp(`DropInPaths=${forGood} .*own[.]conf\n[^]*kept`),
      )
      assert.equal((await server.fenced('revert memcached')).code, 0)
      on.assertSame(await server.state(), was)
      await server.sh(`rm -r /etc/systemd/system/memcached.service.d; systemctl daemon-reload
systemctl restart memcached`)
    })

    test('a template takes its running instances along, or one of them', async () => {
      const unit = '[Service]\\nExecStart=sleep infinity\\n'
      await server.sh(`printf '${unit}' >/run/systemd/system/nap@.service; systemctl daemon-reload
systemctl start nap@a nap@b`)
      await server.sh(
        on.forged(`mkdir nap; printf '# nap@.service hardened: http://x/\\n[Service]\\nUMask=0077\\n' >nap/hardening.conf
printf 'unit\\tnap@.service\\tnap\\nfile\\tnap\\tmain\\thardening\\t183\\t%s\\tnap/hardening.conf\\n' "$(sha256sum <nap/hardening.conf | cut -c -64)" >>index.tsv`),
      )
      const masks = 'systemctl show -p UMask --value nap@a nap@b | paste -s -d " "'
      const from = '--from /srv/forged --watch 0'
      for (const [name, after] of [
        ['nap', '0077  0077\n'],
        ['nap@b', '0022  0077\n'],
      ]) {
        const { code, said } = await server.fenced(`try ${name} ${from}`)
        assert.equal(code, 0, said)
        assert.equal(await server.sh(masks), after)
        assert.equal((await server.fenced(`revert ${name}`)).code, 0)
        assert.equal(await server.sh(masks), '0022  0022\n')
      }
      await server.sh('systemctl stop nap@a nap@b; rm /run/systemd/system/nap@.service')
    })
  })
}
