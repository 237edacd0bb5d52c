import { plainText } from '../pasted/plain.ts'

export interface Line {
  /** Who speaks, as in `nginx` before `[123]:`; empty where the text does not say. */
  from: string
  text: string
}

/** More lines than anybody reads; the last ones tell most. */
const most = 500

const clock = String.raw`(?:[A-Z][a-z]{2,8} +)?(?:[A-Z][a-z]{2} +\d{1,2} +\d{2}:\d{2}:\d{2}(?:\.\d+)?|\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?: ?[A-Z]{3,4}|Z|[+-]\d{2}:?\d{2})?|\[? *\d+\.\d{6}\]?)`
/** Time, host, identifier and process id, as `journalctl` and `systemctl status` print them. */
const head = new RegExp(
  String.raw`^\W{0,3}${clock} +(?:[\w.-]+ +)?(\(?[\w.@:/-]+\)?)(?:\[\d+\])?: (.*)$`,
)

/** What `journalctl -u`, `systemctl status` or a log file said, a line each, without time, host and process id. */
export function readLines(pasted: string): Line[] {
  const lines = plainText(pasted)
    .split('\n')
    .map((line) => fromJson(line) ?? fromText(line))
    .filter(({ text }) => text !== '' && !text.startsWith('░░') && !/^-- .* --$/.test(text))
  const distinct = new Map(lines.map((line) => [`${line.from} ${line.text}`, line]))
  return [...distinct.values()].slice(-most)
}

function fromText(line: string): Line {
  const [, from, text] = head.exec(line.slice(0, 4000)) ?? []
  if (text === undefined) return { from: '', text: line.trim() }
  return { from: bare(from!), text: text.trim() }
}

function fromJson(line: string): Line | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const { MESSAGE, SYSLOG_IDENTIFIER } = JSON.parse(line) as Record<string, unknown>
    if (typeof MESSAGE !== 'string') return undefined
    return { from: bare(String(SYSLOG_IDENTIFIER ?? '')), text: MESSAGE.trim() }
  } catch {
    return undefined
  }
}

/** systemd speaks as `(nginx)` before it runs nginx. */
function bare(from: string): string {
  return from.replace(/^\(|\)$/g, '')
}
