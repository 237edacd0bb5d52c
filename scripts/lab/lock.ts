import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { start } from './exec.ts'
import { LabError } from './lab-error.ts'

interface Wait {
  signal?: AbortSignal | undefined
  /** Beside others that share it too. */
  shared?: boolean
  /** Gives up at once when somebody else holds the lock, with this sentence. */
  orElse?: string
  /** Called once when somebody else holds the lock. */
  onWait?: () => void
}

/** Runs `use` while holding a lock of the kernel's: it is free again however this process ends. */
export async function withLock<T>(
  path: string,
  use: () => Promise<T>,
  wait: Wait = {},
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true })
  const flock = ['flock', wait.shared ? '-s' : '-x', ...(wait.orElse ? ['-n'] : [])]
  const held = Promise.withResolvers<void>()
  const holder = start([...flock, path, 'sh', '-c', 'echo held; exec cat'], {
    onLine: (line) => line === 'held' && held.resolve(),
    ...(wait.signal && { signal: wait.signal }),
  })
  const notice = setTimeout(() => wait.onWait?.(), 500)
  try {
    const ended = holder.result.then(({ stderr }) => {
      const why = wait.signal?.aborted ? 'interrupted' : wait.orElse
      throw new LabError(why ?? `cannot lock ${path}: ${stderr.trim()}`)
    })
    await Promise.race([held.promise, ended])
    clearTimeout(notice)
    ended.catch(() => {}) // from here on the holder ends because we let go
    return await use()
  } finally {
    clearTimeout(notice)
    holder.end()
    await holder.result
  }
}
