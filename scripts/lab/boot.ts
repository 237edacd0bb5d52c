import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cgroup } from './cgroup.ts'
import { exec } from './exec.ts'
import type { Result, Running } from './exec.ts'
import { LabError } from './lab-error.ts'
import type { Platform } from './platforms.ts'

const limit = 60

/** Waits until systemd inside says that it is up, and gives the id that its first process has on this host. */
export async function leaderOf(
  cgroup: Cgroup,
  keeper: Running,
  platform: Platform,
): Promise<number> {
  const over = Date.now() + limit * 1000
  let ended: Result | undefined
  void keeper.result.then((result) => (ended = result))
  let state = ''
  while (Date.now() < over) {
    if (ended) throw bootFailure(ended)
    const leader = findLeader(cgroup.path)
    if (leader !== undefined) {
      const enter = ['nsenter', '-t', String(leader), '-m', '-u', '-i', '-n', '-p', '-C', '--']
      const asked = await exec([...enter, 'systemctl', 'is-system-running', '--wait'], {
        seconds: 30,
      })
      state = asked.stdout.trim()
      if (state === 'running' || state === 'degraded') return leader
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new LabError(
    `${platform.id} did not boot within ${limit} s (${state || 'no answer'}); run it again`,
  )
}

/** The one process of the payload that is number 1 in its own pid namespace. */
function findLeader(cgroup: string): number | undefined {
  for (const place of ['machine/payload/init.scope', 'machine/payload']) {
    try {
      const pids = readFileSync(join(cgroup, place, 'cgroup.procs'), 'utf8')
        .split('\n')
        .filter(Boolean)
      const first = pids.find((pid) =>
        /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')),
      )
      if (first) return Number(first)
    } catch {
      // not there yet
    }
  }
  return undefined
}

/** Why the machine is not there, from the last thing that was said. */
export function bootFailure({ stderr, stdout, code }: Result): LabError {
  const said = `${stdout}\n${stderr}`.split(/[\r\n]+/).filter((line) => line.trim() !== '')
  const why = said.at(-1)?.trim() ?? `exit code ${code}`
  return new LabError(`the machine ended: ${why}`)
}
