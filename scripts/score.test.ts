import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { exec } from './lab/exec.ts'

const command = fileURLToPath(new URL('score.ts', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'fenced-score-'))
after(() => rmSync(directory, { recursive: true }))

const score = (args: string[], input = '') =>
  exec([process.execPath, command, ...args], { input, seconds: 60 })
const file = (name: string, text: string) => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}
const web = file('web.service', '[Service]\nExecStart=/bin/true\nPrivateTmp=yes\nProtectHom=yes\n')

describe('score', { concurrency: true }, () => {
  it('prints what is open with the greatest gain first, and advice apart from it', async () => {
    const { code, stdout, stderr } = await score([web])
    assert.equal(code, 0)
    const [head, , columns, first] = stdout.split('\n')
    assert.equal(head, 'web.service (systemd 257, live): 9.2 UNSAFE')
    assert.match(columns!, /WINS +THEN +COSTS +SETTING +OPEN/)
    assert.match(first!, /2\.5 +6\.7 +2\.5 +CapabilityBoundingSet= /)
    const wins = [...stdout.matchAll(/^ *(\d+\.\d) +\d+\.\d +\d+\.\d /gm)].map(([, win]) => win)
    assert.deepEqual(wins, wins.toSorted().toReversed())
    assert.match(stderr, /web\.service:4: ProtectHom .*did you mean ProtectHome\?/)
  })

  it('takes drop-ins, another systemd and the offline form', async () => {
    const dropIn = file('10.conf', '[Service]\nPrivateNetwork=yes\n')
    const { stdout } = await score([web, dropIn, '--systemd', '252', '--offline', '--json'])
    const { exposure, mode, rows, next } = JSON.parse(stdout)
    assert.equal(exposure, '9.0')
    assert.equal(mode, 'offline')
    const network = rows.find(({ field }: { field: string }) => field === 'PrivateNetwork')
    assert.equal(network.set, true)
    assert.ok(next.steps.length > 20)
  })

  it('reads what systemctl cat prints', async () => {
    const cat =
      '# /usr/lib/systemd/system/x.service\n[Service]\nExecStart=/bin/true\n\n' +
      '# /etc/systemd/system/x.service.d/10.conf\n[Service]\nPrivateNetwork=yes\n'
    const { stdout } = await score(['-'], cat)
    assert.match(stdout, /^x\.service \(systemd 257, live\): 9\.1 UNSAFE\n/)
  })

  it('exits 1 above the threshold, and not on it', async () => {
    assert.equal((await score([web, '--threshold', '9.1'])).code, 1)
    assert.equal((await score([web, '--threshold', '9.2'])).code, 0)
    assert.equal((await score([web, '--threshold', '91'])).code, 1)
  })

  it('exits 1 with the reason for a unit that systemd refuses', async () => {
    const { code, stdout, stderr } = await score(
      ['-'],
      '[Service]\nUser=a:b\nExecStart=/bin/true\n',
    )
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /unit\.service:2: User "a:b"/)
  })

  it('exits 2 for wrong usage', async () => {
    for (const args of [
      [],
      ['/nowhere.service'],
      [web, '--systemd', '200'],
      [web, '--threshold=x'],
    ])
      assert.equal((await score(args)).code, 2)
  })

  it('answers a batch line by line', async () => {
    const requests = [
      JSON.stringify({ unit: '[Service]\nExecStart=/bin/true\n', systemd: '252', offline: true }),
      '{"unit": 1}',
      'no JSON',
    ]
    const { code, stdout } = await score(['--batch'], requests.join('\n'))
    assert.equal(code, 0)
    const answers = stdout.trim().split('\n')
    assert.equal(answers.length, requests.length)
    const [first, ...others] = answers.map((line) => JSON.parse(line))
    assert.equal(first.exposure, '9.6')
    assert.deepEqual(first.rows.PrivateNetwork, [false, '0.5'])
    for (const { error } of others) assert.equal(typeof error, 'string')
  })
})
