/** A line of the unit's journal, or of a log file that the service writes. */
export interface LogLine {
  from: 'service' | 'systemd'
  text: string
}

interface Entry {
  MESSAGE?: string | number[] | null
  _PID?: string
  _COMM?: string
  SYSLOG_IDENTIFIER?: string
}

/** Reads what `journalctl -o json` prints. */
export function parseJournal(json: string): LogLine[] {
  return json.split('\n').flatMap((line) => {
    const entry = readEntry(line)
    if (!entry) return []
    const { MESSAGE: message } = entry
    const text = Array.isArray(message) ? Buffer.from(message).toString('utf8') : (message ?? '')
    const isManager = entry._PID === '1' || entry.SYSLOG_IDENTIFIER === 'systemd'
    const from = isManager || isExecutor(entry) ? 'systemd' : 'service'
    return text.split('\n').map((text): LogLine => ({ from, text }))
  })
}

/** Undefined for what is no entry, or only the beginning of one: a journal that is too long is cut off. */
function readEntry(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Entry
  } catch {
    return undefined
  }
}

/** Before it runs the program, systemd's own child speaks, under the program's name in brackets. */
function isExecutor({ _COMM = '', SYSLOG_IDENTIFIER: name = '' }: Entry): boolean {
  return /^\(.*\)$/.test(name) || _COMM === '(sd-executor)' || _COMM === 'systemd-executor'
}

const months = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec'
const clock = String.raw`\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?`
const zone = String.raw`(?: ?(?:UTC|GMT|Z|[+-]\d{2}:?\d{2})\b)?`

/** What changes from run to run, and what stands in its place. */
const variable: [RegExp, string][] = [
  [/\u001b\[[0-9;]*m/g, ''],
  [/\b(time|ts)=("[^"]*"|\S+) ?/g, ''],
  [/"(time|ts)":("[^"]*"|[\d.]+),?/g, ''],
  [/ m=\+\d+\.\d+/g, ''], // Go's monotonic clock
  [new RegExp(String.raw`\b\d{4}[-/]\d{2}[-/]\d{2}[T ]+${clock}${zone}`, 'g'), ''],
  [new RegExp(String.raw`\b\d{1,2}[- /](${months})[- /]\d{4}[: ]${clock}${zone}`, 'g'), ''],
  [
    new RegExp(
      String.raw`\b((Mon|Tue|Wed|Thu|Fri|Sat|Sun)\S* )?(${months}) +\d{1,2} ${clock}`,
      'g',
    ),
    '',
  ],
  [/^\s*\d{10}(\.\d+)?:? /, ''],
  [/\b\d+#\d+: (\*\d+ )?/g, ''],
  [/^\d+:[A-Z] +/, ''],
  [/\[\d+([:-]\d+)?\]:?/g, ''],
  [/\[\s*\]/g, ''],
  [/^\s*\d+ (?=\[)/, ''],
  [/\b(pid|process|PID|Process|thread|client process)([ =]+)\d+/g, '$1$2N'],
  [/\b[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\b/g, 'ID'],
  [/\b[0-9a-f]{32}\b/g, 'ID'],
  [/(systemd-private-ID-\S+?)-[A-Za-z0-9]{6}\b/g, '$1'],
  [/\b0x[0-9a-f]{4,}/g, '0xN'],
  [/\btemp-\d+(?=\.rdb\b)/g, 'temp-N'],
  [/\b(tmp|bats-run|bats\.\d+)[.-][A-Za-z0-9]{6,12}\b/g, '$1'],
  [/(?<=[:. ])(3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[45]\d{4}|6[0-5]\d{3})\b/g, 'PORT'],
  [/\b\d+(\.\d+)?(ms|us|s| milliseconds)\b/g, 'N$2'],
  [/(?<!\d)[1-9]\d{6,}/g, 'N'], // drawn at random, as a rule
]

const longest = 240

/** The same text for the same event in every run: without times, process ids, random names and passing ports. */
export function tidy(text: string): string {
  let out = text
  for (const [pattern, instead] of variable) out = out.replace(pattern, instead)
  out = out
    .replace(/[\u0000-\u001f\u007f]/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
  return out.length > longest ? `${out.slice(0, longest - 1)}…` : out
}

const errno =
  /permission denied|operation not permitted|read-only file system|not supported|not implemented|no such (file|device)|cannot allocate|bad system call|address family|access denied|cannot assign/i
const grave = /\b(emerg|fatal|panic|crit|critical|abort(ed|ing)?|segfault)\b/i
const trouble =
  /\b(error|err|failed|failure|fails?|cannot|can't|can not|could not|couldn't|unable|denied|refused|not permitted|invalid|no such)\b/i

/** How much a line of the service says about a failure. */
export function gravity(text: string): number {
  return (errno.test(text) ? 4 : 0) + (grave.test(text) ? 3 : 0) + (trouble.test(text) ? 2 : 0)
}

const manager: [RegExp, number][] = [
  [/Failed at step |Failed to set up |Failed to drop |Failed to apply |Failed to restrict /, 9],
  [/status=31\/SYS|status=2\d\d\//, 8],
  [/timed out/i, 7],
  [/process exited, code=(killed|dumped)/, 7],
  [/process exited, code=exited, status=(?!0\/)/, 5],
  [/Refusing|refusing|lacks .* setting/, 5],
  [/oom-kill|Failed with result '(?!exit-code)/, 4],
]

function managerGravity(text: string): number {
  return manager.find(([pattern]) => pattern.test(text))?.[1] ?? 0
}

/** The tidied lines that a run without any failure has too. */
export function usualLines(lines: LogLine[]): Set<string> {
  return new Set(lines.map(({ text }) => tidy(text)))
}

/**
 * The one line that explains a failure: the service's own, else systemd's, else what the check printed.
 * Lines that are usual here explain nothing.
 */
export function explain(lines: LogLine[], output: string, usual = new Set<string>()): string {
  const fresh = lines
    .map(({ from, text }) => ({ from, text: tidy(text) }))
    .filter(({ text }) => text !== '' && !usual.has(text))
  const best = (from: LogLine['from'], weigh: (text: string) => number) => {
    let found = { text: '', weight: 0 }
    for (const line of fresh) {
      const weight = line.from === from ? weigh(line.text) : 0
      if (weight > found.weight) found = { text: line.text, weight }
    }
    return found.text
  }
  return best('service', gravity) || best('systemd', managerGravity) || fromOutput(output)
}

/** The last line that is not bats's own frame, else the line that failed. */
function fromOutput(output: string): string {
  const lines = output.split('\n').map(tidy).filter(Boolean)
  const own = lines.filter((line) => !/^\((in|from) |^in test file|^`.*' failed/.test(line))
  const frame = lines.find((line) => /^`.*' failed/.test(line))
  return own.find((line) => gravity(line) > 0) ?? own.at(-1) ?? frame ?? ''
}
