import { spawn } from 'node:child_process'

export interface Result {
  code: number
  stdout: string
  stderr: string
  timedOut: boolean
}

export interface ExecOptions {
  input?: string
  /** Time limit; the whole process group is killed when it ends. */
  seconds?: number
  signal?: AbortSignal
  env?: Record<string, string>
  cwd?: string
  /** Told each complete line of either stream as it comes. */
  onLine?: (line: string) => void
  /** Called when the child must end early, before it is killed, for what has left its process group. */
  onKill?: () => void
  /** Called when the child itself has ended; what it left behind may still hold its output open. */
  onExit?: () => void
}

export interface Running {
  pid: number | undefined
  result: Promise<Result>
  kill(): void
  /** Closes the child's standard input. */
  end(): void
}

// Enough for any journal; a child that prints without end costs no more memory than this a stream.
const kept = 4 * 1024 * 1024

/** Runs a program to its end. Never throws for what the program does; a missing program is code 127. */
export function exec(argv: string[], options: ExecOptions = {}): Promise<Result> {
  const running = start(argv, options)
  running.end()
  return running.result
}

/** Starts a program in a process group of its own. The kernel kills it if this process dies, whatever kills this process. */
export function start(argv: string[], options: ExecOptions = {}): Running {
  const { input, seconds, signal, env, cwd, onLine, onKill, onExit } = options
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...argv], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(env && { env }),
    ...(cwd && { cwd }),
  })
  const stdout = collect(child.stdout, onLine)
  const stderr = collect(child.stderr, onLine)
  child.stdin.on('error', () => {}) // a child may end before it has read everything
  if (input !== undefined) child.stdin.write(input)

  let timedOut = false
  const kill = () => {
    onKill?.()
    if (child.pid === undefined || child.exitCode !== null) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // it has just ended by itself
    }
  }
  const timer = seconds === undefined ? undefined : setTimeout(expire, seconds * 1000)
  function expire() {
    timedOut = true
    kill()
  }
  signal?.addEventListener('abort', kill, { once: true })
  if (signal?.aborted) kill()

  const result = new Promise<Result>((resolve) => {
    const finish = (code: number, note = '') => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', kill)
      resolve({ code, stdout: stdout(), stderr: stderr() + note, timedOut })
    }
    child.on('error', ({ message }) => finish(127, message))
    child.on('exit', () => onExit?.())
    child.on('close', (code, killedBy) => finish(code ?? (killedBy ? 137 : 1)))
  })
  return { pid: child.pid, result, kill, end: () => child.stdin.end() }
}

/** Hands this terminal to a program until it ends. */
export function interact(argv: string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: 'inherit' })
    child.on('error', () => resolve(127))
    child.on('close', (code) => resolve(code ?? 1))
  })
}

function collect(stream: NodeJS.ReadableStream, onLine?: (line: string) => void): () => string {
  const parts: string[] = []
  let size = 0
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    if (size < kept) parts.push(text.slice(0, kept - size))
    size += text.length
    if (!onLine) return
    const lines = (rest + text).split(/\r?\n|\r/)
    rest = (lines.pop() ?? '').slice(-kept)
    for (const line of lines) onLine(line)
  })
  return () =>
    parts.join('') + (size > kept ? `\n[cut here, ${size - kept} characters more]\n` : '')
}
