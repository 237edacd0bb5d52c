import { totalmem } from 'node:os'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cache } from './cache.ts'
import type { Cgroup } from './cgroup.ts'

interface Stage {
  /** Directories below, newest first, relative to the cache. */
  lower: string[]
  /** Keeps what changes in this directory of the cache; without it, a tmpfs that vanishes. */
  upper?: string
  /** A directory of this host, handed in as run/probe. */
  probe?: string
}

const script = fileURLToPath(new URL('stage.sh', import.meta.url))
const joinThen = 'while [ "$1" != -- ]; do echo $$ >"$1" || exit 125; shift; done; shift; exec "$@"'

/** Puts a command under the limits of a cgroup before it starts. */
export function inCgroup({ join }: Cgroup, argv: string[]): string[] {
  return ['sh', '-c', joinThen, 'sh', ...join, '--', ...argv]
}

/** Runs a command in namespaces of its own with the stage's root at run/root. Killing the outermost ends it all. */
export function onStage({ lower, upper = '', probe = '' }: Stage, cgroup: Cgroup, argv: string[]) {
  const size = String(Math.min(4 * 2 ** 30, Math.floor(totalmem() / 4)))
  return {
    argv: inCgroup(cgroup.child('outside'), [
      ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
      ...['sh', script, ...argv],
    ]),
    cwd: cache,
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: 'C.UTF-8',
      LOWER: lower.join(':'),
      UPPER: upper,
      SIZE: size,
      PROBE: probe,
      CGROUP: basename(cgroup.path),
    },
  }
}
