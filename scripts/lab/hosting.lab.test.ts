import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { renderDropIn } from '../core/profile/render.ts'
import { projectRoot, readRegistry } from '../registry.ts'
import { headersFor, parseHeaders } from '../serve/headers.ts'
import { contentType } from '../serve/types.ts'
import { exec } from './exec.ts'
import type { Machine } from './machine.ts'
import { readPlatforms } from './platforms.ts'
import { skipReason } from './require-host.ts'
import { standingMachine } from './standing-machine.ts'
import type { Standing } from './standing-machine.ts'

const skip = skipReason()
const [platform] = readPlatforms()
const dist = join(projectRoot, 'site', 'dist')
const hosting = (name: string) => readFileSync(join(projectRoot, 'site', 'hosting', name), 'utf8')
const host = 'http://fenced.example'

let machine: Machine
let standing: Standing | undefined

before(async () => {
  if (skip || !platform) return
  if (!existsSync(join(dist, 'index.html'))) {
    const script = join(projectRoot, 'scripts', 'build.ts')
    const { code, stderr } = await exec([process.execPath, script], { seconds: 600 })
    assert.equal(code, 0, stderr)
  }
  const spec = { platform, packages: ['nginx', 'caddy'], probe: dist }
  standing = await standingMachine(spec)
  machine = standing.machine
  // Both want port 80, and both are started by their packages.
  await run(
    `systemctl stop caddy; cp -r /probe /srv/fenced && echo '127.0.0.1 fenced.example' >>/etc/hosts`,
  )
})
after(async () => {
  await standing?.cut()
})

async function run(script: string, input?: string): Promise<string> {
  const options = { seconds: 120, ...(input !== undefined && { input }) }
  const { code, stdout, stderr } = await machine.run(script, options)
  assert.equal(code, 0, stderr)
  return stdout
}

/** Installs what Fenced publishes for a service, where it has a profile of it. */
async function fence(id: string): Promise<boolean> {
  const { entries, directives } = readRegistry(
    projectRoot,
    existsSync(profileOf(id)) ? [id] : ['-'],
  )
  const profile = entries[0]?.profile
  if (!profile?.directives || !platform) return false
  const text = renderDropIn(profile, { directives, systemd: Number(platform.systemd) })
  await machine.write(`/etc/systemd/system/${id}.service.d/hardening.conf`, text)
  return true
}
const profileOf = (id: string) => join(projectRoot, 'profiles', id, 'profile.yaml')

/** Every address of the built site that somebody visits. */
function addresses(): string[] {
  return readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(dist.length))
    .filter((path) => !/^\/[_.]|^\/404\.html$/.test(path))
    .map((path) => path.replace(/\/index\.html$/, '/'))
    .toSorted()
}

interface Answer {
  status: number
  headers: Map<string, string>
}

/** What one curl for all of them is told, header by header. */
async function ask(paths: string[]): Promise<Answer[]> {
  const config = paths.map((path) => `url = "${host}${path}"\noutput = "/dev/null"\n`).join('')
  const command = `curl -sS -D - -H 'Accept-Encoding: gzip' -K -`
  const blocks = (await run(command, config)).split(/\r?\n\r?\n/).filter((block) => block.trim())
  return blocks.map((block) => {
    const [first = '', ...lines] = block.trim().split(/\r?\n/)
    const pairs = lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    })
    assert.equal(new Set(pairs.map(([name]) => name)).size, pairs.length, block)
    return { status: Number(first.split(' ')[1]), headers: new Map(pairs) }
  })
}

const rules = skip ? [] : parseHeaders(hosting('../public/_headers'))
/** Too small to be worth it, a picture, or packed already. */
const isPacked = (path: string) =>
  !/\.(png|gz|deb)$/.test(path) &&
  statSync(join(dist, path.endsWith('/') ? `${path}index.html` : path)).size > 1000

/** The whole of what readers and programs were promised, held against what is served. */
async function checkAll() {
  const paths = addresses()
  const answers = await ask(paths)
  assert.equal(answers.length, paths.length)
  for (const [index, path] of paths.entries()) {
    const { status, headers } = answers[index]!
    assert.equal(status, 200, path)
    const promised = headersFor(path, rules)
    for (const name of ['Cache-Control', 'Access-Control-Allow-Origin']) {
      assert.equal(headers.get(name.toLowerCase()), promised[name], `${path}: ${name}`)
    }
    for (const [name, value] of Object.entries(promised)) {
      assert.equal(headers.get(name.toLowerCase()), value, `${path}: ${name}`)
    }
    const type = contentType(path.endsWith('/') ? '.html' : path)
    const [kind] = type.split(';')
    assert.equal(headers.get('content-type')?.split(';')[0], kind, path)
    if (kind?.startsWith('text/')) assert.equal(headers.get('content-type')?.toLowerCase(), type)
    if (isPacked(path)) assert.equal(headers.get('content-encoding'), 'gzip', path)
    if (isPacked(path)) assert.match(headers.get('vary') ?? '', /accept-encoding/i, path)
  }
  const [missing, hidden, slash] = await ask(['/none-such', '/_headers', '/directives'])
  assert.deepEqual([missing?.status, hidden?.status], [404, 404])
  assert.match(missing?.headers.get('content-security-policy') ?? '', /^default-src 'none'/)
  assert.equal(missing?.headers.get('cache-control'), undefined)
  assert.ok([301, 308].includes(slash?.status ?? 0))
  assert.match(slash?.headers.get('location') ?? '', /\/directives\/$/)
  assert.match(await run(`curl -sS ${host}/none-such`), /There is no page at this address/)
  const all = `mkdir -p /tmp/copy && cd /tmp/copy && curl -sSO ${host}/SHA256SUMS
cut -c67- SHA256SUMS | while read -r path; do
  printf 'url = "%s/%s"\\noutput = "%s"\\n' ${host} "$path" "$path"
done | curl -sSf --create-dirs -K - && sha256sum --quiet -c SHA256SUMS; done=$?
rm -rf /tmp/copy; exit $done`
  await run(all)
}

test('nginx serves the site as promised, under its own profile', { skip }, async () => {
  await machine.write('/etc/nginx/conf.d/fenced.conf', hosting('nginx.conf'))
  const isFenced = await fence('nginx')
  assert.equal(isFenced, true, 'profiles/nginx sets nothing')
  await run(
    'nginx -t && systemctl daemon-reload && systemctl restart nginx || ! journalctl -n 20 -u nginx >&2',
  )
  const drop = await run('systemctl show -p DropInPaths --value nginx')
  assert.match(drop, /nginx\.service\.d\/hardening\.conf/)
  await checkAll()
  assert.equal(await run('systemctl is-active nginx'), 'active\n')
})

test('Caddy serves the site as promised', { skip }, async () => {
  // There is nobody in the machine to get a certificate from.
  const text = hosting('Caddyfile').replace('\nfenced.example {', `\n${host} {`)
  await machine.write('/etc/caddy/Caddyfile', text)
  await fence('caddy')
  await run('systemctl stop nginx && systemctl daemon-reload && systemctl restart caddy')
  await checkAll()
})
