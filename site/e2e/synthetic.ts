import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What must come out as text wherever it is shown. */
export const hostile = {
  id: 'hostile',
  name: `A "quoted" <b>name</b> & more`,
  summary: `<script>alert(1)</script>`,
  reason: `</code></pre><img src=x onerror="alert(2)"> 'n' &amp; {{braces}}`,
}

const syllables =
  'ar be cor da el fen gi hol in jo ka lor ma nex or pi qua ro sel ta un vor wi xi yo zen'
const words =
  `server proxy store queue cache index search mail chat stream log metric trace database key value message
  broker file sync backup monitor agent gateway balancer scheduler builder registry mirror time name directory session
  router tunnel bridge camera printer media music video photo wiki forum blog shop ledger graph sensor home network web`
    .trim()
    .split(/\s+/)
const categories = ['web', 'database', 'mail', 'dns', 'monitoring', 'messaging']

/** The same numbers at each call, without being all alike. */
function dice(seed: number) {
  let state = seed
  return (sides: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

/** So many made-up services, the same at each call. */
export function madeUp(count: number) {
  const roll = dice(4)
  const pick = (list: string[]) => list[roll(list.length)]!
  const name = () => Array.from({ length: 2 + roll(3) }, () => pick(syllables.split(' '))).join('')
  const some = (most: number) => Array.from({ length: 2 + roll(most) }, () => pick(words))
  return Array.from({ length: count }, (_, index) => ({
    id: `${name()}-${index}`,
    name: `${name()} ${pick(words)}`,
    summary: `The ${some(6).join(' ')} for ${some(3).join(' and ')}`,
    category: pick(categories),
    keywords: [...new Set([name(), ...some(6)])],
    before: 40 + roll(58),
    after: 10 + roll(30),
  }))
}

/** A directory with so many made-up profiles, measured by nobody, and one that means harm. Never committed. */
export function syntheticRoot(count: number): string {
  const root = mkdtempSync(join(tmpdir(), 'fenced-synthetic-'))
  for (const { id, before, after, ...said } of madeUp(count)) {
    write(root, id, said)
    writeMeasured(root, id, before, after)
  }
  const { id, reason, ...said } = hostile
  write(root, id, {
    ...said,
    category: 'web',
    keywords: [said.summary],
    directives: { ProtectSystem: 'strict', ReadWritePaths: { '/run': reason } },
    leftOut: { PrivateUsers: reason },
    options: { home: { question: reason, directives: { ProtectHome: { 'read-only': reason } } } },
  })
  writeFileSync(
    join(root, 'CHANGELOG.md'),
    `## 2026-11-24\n\n- **${id}** added: ${said.summary}, because ${reason}\n`,
  )
  return root
}

// JSON is YAML, and needs no care with quotes.
function write(root: string, id: string, profile: object) {
  const directory = join(root, 'profiles', id)
  mkdirSync(directory, { recursive: true })
  const common = {
    homepage: 'https://example.org/',
    unit: `${id}.service`,
    packages: [id],
    directives: { ProtectSystem: 'strict' },
  }
  writeFileSync(join(directory, 'profile.yaml'), JSON.stringify({ ...common, ...profile }))
}

function writeMeasured(root: string, id: string, before: number, after: number) {
  const score = (tenths: number) => ({ exposure: (tenths / 10).toFixed(1), level: 'OK' })
  const digest = `sha256:${'0'.repeat(64)}`
  const run = {
    date: '2026-11-24',
    seconds: 1,
    systemd: '257',
    packages: { systemd: '257.9-1', [id]: '1' },
    kernel: '6.18',
    unit: `${id}.service`,
    dropIn: digest,
    vendor: [],
    before: score(before),
    stages: { filesystem: { ...score(after), checks: 1 } },
    after: score(after),
    checks: [{ name: 'it answers', before: 'pass', after: 'pass' }],
    attacks: {},
    unenforced: [],
  }
  const platforms = { 'debian-13': run, 'debian-12': run, 'debian-sid': run }
  const path = join(root, 'profiles', id, 'measured.yaml')
  writeFileSync(path, JSON.stringify({ probe: digest, platforms, seal: digest }))
}
