import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { LabError } from './lab-error.ts'
import { isAlive, owner } from './owner.ts'

/** A place in the kernel's cgroup tree that limits what a machine may take, and ends everything in it at once. */
export interface Cgroup {
  path: string
  /** The files that a process writes its id into to be under the limits; the deepest is `path`'s own. */
  join: string[]
  /** Limits that this host could not set. */
  unlimited: string[]
  child(name: string): Cgroup
  kill(): void
  remove(): Promise<void>
}

// 4096 processes and half of the memory: a probe that forks like mad or never frees must not hurt the host.
const most = { pids: 4096, memory: Math.min(8 * 2 ** 30, Math.floor(totalmem() / 2)) }

let count = 0

/** Makes a cgroup for one machine, after sweeping away those whose lab is dead. */
export async function createCgroup(): Promise<Cgroup> {
  const mounts = findMounts(readFileSync('/proc/self/mountinfo', 'utf8'))
  const tops = [mounts.unified, mounts.pids, mounts.memory].filter((top) => top !== undefined)
  await Promise.all(tops.map(sweep))

  const name = `fenced-${owner}-${count++}`
  const path = make(mounts.unified, name)
  const old = [mounts.pids, mounts.memory].filter((top) => top !== undefined)
  const others = old.map((top) => make(top, name))
  const unlimited: string[] = []
  const limit = (what: string, tries: [string, number][]) => {
    if (!tries.some(([file, value]) => write(file, String(value)))) unlimited.push(what)
  }
  for (const group of [mounts.unified, path]) {
    for (const controller of ['cpu', 'io', 'memory', 'pids']) {
      write(join(group, 'cgroup.subtree_control'), `+${controller}`)
    }
  }
  limit('the number of processes', [
    [join(path, 'pids.max'), most.pids],
    [join(mounts.pids ?? '', name, 'pids.max'), most.pids],
  ])
  limit('memory', [
    [join(path, 'memory.max'), most.memory],
    [join(mounts.memory ?? '', name, 'memory.limit_in_bytes'), most.memory],
  ])
  return at(path, others, unlimited)
}

function at(path: string, others: string[], unlimited: string[]): Cgroup {
  return {
    path,
    join: [...others, path].map((dir) => join(dir, 'cgroup.procs')),
    unlimited,
    child: (name) => ({
      ...at(make(path, name), others, []),
      remove: () => removeSoon([join(path, name)]),
    }),
    kill: () => void write(join(path, 'cgroup.kill'), '1'),
    remove: () => removeSoon([path, ...others]),
  }
}

interface Mounts {
  unified: string
  pids?: string | undefined
  memory?: string | undefined
}

/** Where cgroup2 is mounted, and the old controllers where the host still has them. */
export function findMounts(mountinfo: string): Mounts {
  const mounts = mountinfo.split('\n').map((line) => {
    const [left = '', right = ''] = line.split(' - ')
    const [type = '', , options = ''] = right.split(' ')
    return { at: left.split(' ')[4] ?? '', type, options: options.split(',') }
  })
  const old = (name: string) =>
    mounts.find(({ type, options }) => type === 'cgroup' && options.includes(name))?.at
  const unified = mounts.find(({ type }) => type === 'cgroup2')?.at
  if (unified) return { unified, pids: old('pids'), memory: old('memory') }
  throw new LabError(
    'this host has no cgroup2 mounted, which systemd needs; mount it and run again',
  )
}

async function sweep(top: string) {
  const dead = readdirSync(top).filter((name) => {
    const [, of] = /^fenced-(\d+-\d+)-\d+$/.exec(name) ?? []
    return of !== undefined && !isAlive(of)
  })
  await removeSoon(dead.map((name) => join(top, name)))
}

/** A killed process leaves its cgroup a moment after the kill. */
async function removeSoon(paths: string[]) {
  for (let tries = 0; tries < 200; tries++) {
    if (paths.map(removeTree).every(Boolean)) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** True when it is gone; a directory that still holds a process stays. */
function removeTree(path: string): boolean {
  try {
    for (const item of readdirSync(path, { withFileTypes: true })) {
      if (item.isDirectory() && !removeTree(join(path, item.name))) return false
    }
    rmdirSync(path)
  } catch {
    return !existsSync(path)
  }
  return true
}

function make(top: string, name: string): string {
  const path = join(top, name)
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new LabError(
      `cannot make the cgroup ${path} (${(error as Error).message}); the lab needs a writable cgroup tree, not a plain container`,
    )
  }
  return path
}

function write(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'r+' })
    return true
  } catch {
    return false
  }
}
