import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digest } from '../digest.ts'
import { aptFailure } from './apt-failure.ts'
import { cache, cacheDir, needSpace } from './cache.ts'
import { exec } from './exec.ts'
import { LabError } from './lab-error.ts'
import { withLock } from './lock.ts'
import { hostAptOptions, hostMirror } from './mirror.ts'
import type { Platform } from './platforms.ts'

export interface Build {
  signal?: AbortSignal | undefined
  progress?: ((line: string) => void) | undefined
}

/** What every machine has beside its service: the init system, and what probes and the lab work with. */
const packages = [
  ...[
    'systemd',
    'systemd-sysv',
    'dbus',
    'udev',
    'bats',
    'perl-base',
    'curl',
    'ca-certificates',
    'openssl',
  ],
  ...['iproute2', 'procps', 'psmisc', 'logrotate', 'netcat-openbsd'],
]

/** The quiet, equal machine: no timer of its own fires in the middle of a probe, nothing of the host is in it. */
const setUp = readFileSync(new URL('image.sh', import.meta.url), 'utf8')

/** The directory of a platform's root, built first if it is not there. */
export async function platformImage(platform: Platform, build: Build): Promise<string> {
  const recipe = digest(JSON.stringify([platform, packages, setUp])).slice(7, 15)
  const path = join(cacheDir('images'), `${platform.id}-${recipe}`)
  if (existsSync(path)) return path
  const lock = join(cacheDir('locks'), `image-${platform.id}`)
  const onWait = () => build.progress?.(`waiting for another lab that builds ${platform.id}`)
  await withLock(lock, () => buildImage(platform, path, build), { signal: build.signal, onWait })
  return path
}

async function buildImage(platform: Platform, path: string, { signal, progress }: Build) {
  if (existsSync(path)) return
  needSpace(1500)
  progress?.(`building ${platform.label} with mmdebstrap, once`)
  const partial = join(cacheDir('images'), `.${platform.id}.partial`)
  rmSync(partial, { recursive: true, force: true })
  const script = join(cacheDir('locks'), `setup-${platform.id}.sh`)
  writeFileSync(script, setUp)
  const keyrings = keyringPaths(platform)
  const mirror = hostMirror(platform)
  const { suite, backports } = platform
  if (backports && !mirror)
    throw new LabError(
      `${platform.id} takes packages from two suites, which needs a host of Debian`,
    )
  const line = (name: string) => `deb ${mirror} ${name} ${platform.components.join(' ')}`
  const sources = backports ? [line(suite), line(backports)] : mirror ? [mirror] : []
  const argv = [
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
    ...[
      'mmdebstrap',
      '--mode=root',
      '--variant=minbase',
      `--components=${platform.components.join(',')}`,
    ],
    `--include=${packages.join(',')}`,
    ...keyrings.map((keyring) => `--keyring=${keyring}`),
    ...(await hostAptOptions()).map((option) => `--aptopt=${option}`),
    ...(backports ? [`--aptopt=APT::Default-Release "${backports}"`] : []),
    ...['--customize-hook=sh "$FENCED_SETUP" "$1"', suite, partial, ...sources],
  ]
  const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', FENCED_SETUP: script }
  const result = await exec(argv, { seconds: 1800, env, ...(signal && { signal }) })
  if (result.code === 0) return renameSync(partial, path)
  rmSync(partial, { recursive: true, force: true })
  if (signal?.aborted) throw new LabError('interrupted; nothing of the image is kept')
  throw aptFailure(`building ${platform.label}`, result, mirror)
}

/** The host's own keys, and those inside the images built so far: a newer release may be signed with a newer key. */
function keyringPaths({ keyring }: Platform): string[] {
  const inside = join('usr/share/keyrings', keyring)
  const images = readdirSync(cacheDir('images')).filter((name) => !name.startsWith('.'))
  const roots = ['/', ...images.map((name) => join(cache, 'images', name))]
  return roots.map((root) => join(root, inside)).filter((path) => existsSync(path))
}
