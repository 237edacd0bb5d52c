import { readFileSync } from 'node:fs'

/** Names this process for as long as the kernel runs: its id, and when it started, since ids are used again. */
export const owner = `${process.pid}-${startTime(process.pid)}`

/** True while the process that `owner` named is still there. */
export function isAlive(name: string): boolean {
  const [pid, started] = name.split('-')
  return startTime(Number(pid)) === started
}

function startTime(pid: number): string {
  try {
    // The second field, the program's name, may hold spaces and brackets; start time is the 22nd (proc_pid_stat(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return 'gone'
  }
}
