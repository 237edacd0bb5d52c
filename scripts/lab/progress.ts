/** Where a long command says what it is doing: whole lines, and at a terminal one more that tells how far it is. */
export interface Progress {
  say(line: string): void
  /** So many of so many steps are done of what is called `label`; over when done reaches planned. */
  track(label: string, done: number, planned: number): void
  close(): void
}

interface Stream {
  isTTY?: boolean
  columns?: number
  write(text: string): unknown
}

interface Track {
  since: number
  said: number
  done: number
  planned: number
}

/** Milliseconds between two lines about the same work where there is no terminal. */
const pause = 30_000

/** A live line at a terminal, plain lines otherwise. `now` gives milliseconds. */
export function createProgress(stream: Stream, now: () => number = Date.now): Progress {
  const tracks = new Map<string, Track>()
  const clear = () => stream.isTTY && stream.write('\r\u001b[K')
  const draw = () => {
    if (!stream.isTTY || tracks.size === 0) return
    const text = [...tracks].map(([label, track]) => describe(label, track, now())).join('  ')
    stream.write(`\r\u001b[K${text.slice(0, (stream.columns ?? 80) - 1)}`)
  }
  return {
    say(line) {
      clear()
      stream.write(`${line}\n`)
      draw()
    },
    track(label, done, planned) {
      const track = tracks.get(label) ?? { since: now(), said: now(), done, planned }
      Object.assign(track, { done, planned })
      tracks.set(label, track)
      if (!stream.isTTY && now() - track.said >= pause) {
        track.said = now()
        stream.write(`${describe(label, track, now())}\n`)
      }
      if (done >= planned) tracks.delete(label)
      clear()
      draw()
    },
    close: clear,
  }
}

function describe(label: string, { since, done, planned }: Track, now: number): string {
  const width = 12
  const full = planned === 0 ? 0 : Math.floor((width * done) / planned)
  const bar = '#'.repeat(full) + '.'.repeat(width - full)
  return `${label} [${bar}] ${done} of ${planned}${timeLeft(now - since, done, planned)}`
}

/** From what the steps so far took; nothing as long as there is nothing to go by. */
function timeLeft(elapsed: number, done: number, planned: number): string {
  if (done < 3) return ''
  const seconds = Math.round((elapsed / done / 1000) * (planned - done))
  return seconds < 90 ? `, ${seconds} s left` : `, ${Math.round(seconds / 60)} min left`
}
