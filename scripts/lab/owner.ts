import { readFileSync } from 'node:fs'

/** Names this process for as long as the kernel runs: its id, and when it started, since ids are used again. */
export const owner = `${process.pid}-${startTime(process.pid)}`

/** True while the process that `owner` named is still there. */
export function isAlive(name: string): boolean {
  const [pid, started] = name.split('-')
  return startTime(Number(pid)) === started
}

/** The processes above this one that npm puts there: the shell, and npm itself. */
export function ancestors(): string {
  return `${process.ppid} ${field(process.ppid, 4)}`
}

function startTime(pid: number): string {
  return field(pid, 22) ?? 'gone'
}

/** One field of proc_pid_stat(5), counted from 1; the second, the program's name, may hold spaces and brackets. */
function field(pid: number, number: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[number - 3]
  } catch {
    return undefined
  }
}
