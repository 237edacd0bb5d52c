import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { digest } from '../digest.ts'
import { aptFailure } from './apt-failure.ts'
import { cache, cacheDir, needSpace } from './cache.ts'
import { createCgroup } from './cgroup.ts'
import { exec } from './exec.ts'
import type { Build } from './image.ts'
import { LabError } from './lab-error.ts'
import { withLock } from './lock.ts'
import { hostAptOptions, hostMirror } from './mirror.ts'
import type { Platform } from './platforms.ts'
import { onStage } from './stage.ts'

const script = readFileSync(new URL('layer.sh', import.meta.url), 'utf8')

/** The directory of what installing these packages adds to an image, made first if it is not there. */
export async function packageLayer(
  platform: Platform,
  image: string,
  packages: string[],
  preseed: string,
  build: Build,
): Promise<string> {
  const odd = packages.find((name) => !/^[a-z0-9][a-z0-9.+-]*$/.test(name))
  if (odd !== undefined) throw new LabError(`${JSON.stringify(odd)} is no package name; correct it`)
  const key = digest(
    JSON.stringify([basename(image), built(image), packages.toSorted(), preseed, script]),
  )
  const path = join(cacheDir('layers'), `${platform.id}-${key.slice(7, 19)}`)
  if (existsSync(path)) return path
  // apt's lists and archives are shared by every layer of a platform, and apt wants them for itself.
  const lock = join(cacheDir('locks'), `apt-${platform.id}`)
  const onWait = () => build.progress?.(`waiting for another lab that installs on ${platform.id}`)
  const install = () => installLayer(platform, image, packages, preseed, path, build)
  await withLock(lock, install, { signal: build.signal, onWait })
  return path
}

async function installLayer(
  platform: Platform,
  image: string,
  packages: string[],
  preseed: string,
  path: string,
  { signal, progress }: Build,
) {
  if (existsSync(path)) return
  needSpace(1000)
  progress?.(`installing ${packages.join(' ')} on ${platform.id}, once`)
  const partial = join('layers', `.${platform.id}.partial`)
  const apt = join('apt', platform.id)
  rmSync(join(cache, partial), { recursive: true, force: true })
  mkdirSync(join(cache, partial))
  for (const name of ['archives/partial', 'lists/partial', 'etc']) cacheDir(apt, name)
  const etc = (name: string, text: string) => writeFileSync(join(cache, apt, 'etc', name), text)
  const mirror = hostMirror(platform)
  const line = mirror && `deb ${mirror} ${platform.suite} ${platform.components.join(' ')}\n`
  etc('sources.list', line ?? readFileSync(join(image, 'etc/apt/sources.list'), 'utf8'))
  etc('apt.conf', (await hostAptOptions()).map((option) => `${option};\n`).join(''))
  etc('preseed', preseed)
  etc('install.sh', script)

  const bind = (name: string, to: string) => `--bind=${escapeColons(join(cache, apt, name))}:${to}`
  const stage = { lower: [join('images', basename(image))], upper: partial }
  const cgroup = await createCgroup()
  try {
    const command = [
      ...['systemd-nspawn', '-q', '-D', 'run/root', '--register=no', '--keep-unit', '--as-pid2'],
      ...['--console=pipe', '--resolv-conf=bind-host', '--timezone=off', '--hostname=fenced'],
      bind('archives', '/var/cache/apt/archives'),
      bind('lists', '/var/lib/apt/lists'),
      bind('etc', '/run/fenced'),
      ...['sh', '/run/fenced/install.sh', ...packages],
    ]
    const { argv, cwd, env } = onStage(stage, cgroup, command)
    const result = await exec(argv, { cwd, env, seconds: 1800, ...(signal && { signal }) })
    if (signal?.aborted) throw new LabError('interrupted; nothing of the install is kept')
    if (result.code !== 0)
      throw aptFailure(`installing ${packages.join(' ')} on ${platform.id}`, result, mirror)
    renameSync(join(cache, partial, 'upper'), path)
  } finally {
    cgroup.kill()
    await cgroup.remove()
    rmSync(join(cache, partial), { recursive: true, force: true })
  }
}

/** What tells two builds of the same recipe apart. */
function built(image: string): string {
  return readFileSync(join(image, 'etc/fenced-image'), 'utf8')
}

function escapeColons(path: string): string {
  return path.replaceAll(/[\\:]/g, '\\$&')
}
