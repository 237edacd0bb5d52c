import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
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
const skip = skipReason()
const source = readFileSync(join(projectRoot, 'site/src/published/fenced.sh'), 'utf8')
const script = { path: 'fenced.sh', text: fencedSh(source, on.site) }
const published = on.directoryWith([script, ...shellFiles(readRegistry())])
after(() => rmSync(published, { recursive: true }))

for (const platform of skip ? [] : on.platformsToTry()) {
  describe(`what fenced.sh refuses on ${platform.id}`, () => {
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

    test('a file that somebody else wrote is never touched', async () => {
      for (const path of [forGood, forGood.replace('/etc', '/run'), onTrial]) {
        await server.sh(`mkdir -p ${dirname(path)}; cp /probe/memcached/hardening.conf ${path}`)
        for (const command of ['try', 'apply', 'stages']) {
          await changesNothing(`${command} memcached`, 2, /is not of fenced\.sh/)
        }
        await changesNothing('revert memcached', 0, /nothing of fenced\.sh/)
        await server.sh(`rm -r ${dirname(path)}; systemctl daemon-reload`)
      }
      await server.fenced('apply memcached --watch 0')
      await server.sh(`echo UMask=0022 >>${forGood}; systemctl daemon-reload`)
      for (const command of ['try', 'apply', 'revert']) {
        await changesNothing(`${command} memcached`, 2, /not as (it|fenced\.sh) wrote it/)
      }
      assert.match((await server.fenced('status')).said, /changed by hand/)
      await server.sh(`sed -i '$d' ${forGood}`)
      assert.equal((await server.fenced('revert memcached')).code, 0)
    })

    test('a file that was tampered with is refused', async () => {
      const from = '--from /srv/forged'
      const main = 'memcached/hardening.conf memcached/*/hardening.conf'
      await server.sh(on.forged(`for f in ${main}; do echo UMask=0000 >>$f; done`))
      for (const command of ['try', 'apply', 'stages']) {
        await changesNothing(`${command} memcached ${from}`, 2, /does not have the checksum/)
      }
      // Even where the index was changed with it.
      for (const line of ['ExecStartPre=/bin/false', 'Environment=LD_PRELOAD=/x', '[Unit]']) {
        await server.sh(
          on.forged(`for f in ${main}; do
was=$(sha256sum <$f | cut -c -64); echo '${line}' >>$f; sed -i "s/$was/$(sha256sum <$f | cut -c -64)/" index.tsv; done`),
        )
        await changesNothing(`try memcached ${from}`, 2, /holds lines that no drop-in/)
      }
      await server.sh(on.forged('echo "<html>" >index.tsv'))
      await changesNothing(`apply memcached ${from}`, 2, /is not for this fenced\.sh/)
    })

    test('what it cannot do well, it does not do', async () => {
      await changesNothing('try none-such', 2, /no profile for none-such\.service/)
      await changesNothing('try systemd-journald', 2, /no profile for systemd-journald\.service/)
      await changesNothing('try dbus', 2, /better left alone/)
      await changesNothing('try redis-server', 2, /no unit redis-server\.service here/)
      await changesNothing('try memcached --option none-such', 2, /has no option none-such/)
      await changesNothing('try memcached --stage network', 2, /has no stage network/)
      const from = '--from /srv/forged'
      await server.sh(
        on.forged("sed -i -E 's/^(file\\tmemcached\\t[a-z]+\\t[a-z]+\\t)[0-9]+/\\1900/' index.tsv"),
      )
      await changesNothing(`try memcached ${from}`, 2, /systemd \d+ is older than anything/)
      await server.sh('systemctl stop memcached')
      const { code, said } = await server.fenced('apply memcached')
      assert.equal(await server.sh('systemctl is-active memcached || :'), 'inactive\n')
      await server.sh('systemctl start memcached')
      assert.match(said, /is not running/)
      assert.equal(code, 2)
    })

    test('with the server away nothing begins', async () => {
      await server.sh('systemctl stop nginx')
      for (const command of ['scan', 'try memcached', 'apply memcached', 'stages memcached']) {
        await changesNothing(command, 2, /cannot read http.*index\.tsv/)
      }
      await server.sh('systemctl start nginx')
      await server.sh(on.forged('rm -r memcached/hardening.conf memcached/systemd-247'))
      const from = '--from /srv/forged'
      await changesNothing(`stages memcached ${from}`, 2, /cannot read .*\.conf/)
      // What is installed can be taken away without it.
      await server.fenced('apply memcached --watch 0')
      await server.sh('systemctl stop nginx')
      assert.match((await server.fenced('status')).said, /no index to compare it with/)
      assert.equal((await server.fenced('revert memcached')).code, 0)
      await changesNothing('status', 0, /nothing of fenced\.sh is installed/)
      await server.sh('systemctl start nginx')
    })

    test('a read-only /etc is seen beforehand; try needs none', async () => {
      const readOnly = 'mount --bind /etc /etc && mount -o remount,ro,bind /etc'
      // Lazily: a process of the machine may have a file of /etc open for a moment, and that makes the mount busy.
      const writable = 'umount --lazy /etc'
      await server.sh(readOnly)
      await changesNothing('apply memcached', 2, /\/etc.* cannot be written/)
      await changesNothing('stages memcached', 2, /\/etc.* cannot be written/)
      assert.equal((await server.fenced('try memcached --watch 0')).code, 0)
      assert.equal((await server.fenced('revert memcached')).code, 0)
      await server.sh(writable)
      // And one that becomes so while the trial runs.
      const check = `--check 'test -e ${onTrial} && ${readOnly}; true'`
      await changesNothing(
        `apply memcached --watch 0 ${check}`,
        1,
        /cannot be written[^]*taken back: .*active/,
      )
      await server.sh(writable)
    })

    test('without root nothing begins', async () => {
      const nobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups sh /probe/fenced.sh'
      const was = await server.state()
      for (const command of ['try', 'apply', 'stages', 'revert']) {
        const said = await server.sh(`${nobody} ${command} memcached 2>&1; echo $?`)
        assert.match(said, /needs root; nothing was changed\n2\n$/)
      }
      on.assertSame(await server.state(), was)
    })
  })
}
