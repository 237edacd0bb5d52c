import { joined } from './joined.ts'

/** A file of an archive; the path is relative, without a dot before it. */
export interface ArchiveFile {
  path: string
  text: string
  mode?: number
}

const block = 512
const encoder = new TextEncoder()

export interface TarOptions {
  /** The moment that every file has, in seconds. */
  time: number
  /** Set before every path. */
  prefix?: string
}

/** A ustar archive, sorted, owned by root: the same files give the same bytes. */
export function tar(
  files: ArchiveFile[],
  { time, prefix = '' }: TarOptions,
): Uint8Array<ArrayBuffer> {
  const directories = new Set(files.flatMap(({ path }) => parentsOf(path)))
  const entries = [
    ...[...directories].map((path) => ({ path: `${path}/`, text: '', mode: 0o755 })),
    ...files.map((file) => ({ mode: 0o644, ...file })),
  ].toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const parts = entries.flatMap(({ path, text, mode }) => {
    const bytes = encoder.encode(text)
    return [header(prefix + path, { size: bytes.length, mode, time }), padded(bytes)]
  })
  return joined([...parts, new Uint8Array(2 * block)])
}

/** POSIX.1-1988 with the ustar fields of 1990; the path is split where the first field is too short for it. */
function header(
  path: string,
  { size, mode, time }: { size: number; mode: number; time: number },
): Uint8Array {
  const [name, before] = split(path)
  const fields = [
    text(name, 100),
    ...[octal(mode, 8), octal(0, 8), octal(0, 8), octal(size, 12), octal(time, 12)],
    text(' '.repeat(8), 8),
    text(path.endsWith('/') ? '5' : '0', 1),
    ...[text('', 100), text('ustar\x0000', 8), text('root', 32), text('root', 32)],
    ...[octal(0, 8), octal(0, 8), text(before, 155), text('', 12)],
  ]
  const bytes = joined(fields)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.set(text(`${sum.toString(8).padStart(6, '0')}\0 `, 8), 148)
  return bytes
}

function split(path: string): [name: string, prefix: string] {
  if (path.length <= 100) return [path, '']
  const at = path.indexOf('/', path.length - 101)
  if (at < 1 || at > 155 || at === path.length - 1)
    throw new RangeError(`${path} is too long for an archive; shorten it`)
  return [path.slice(at + 1), path.slice(0, at)]
}

function octal(value: number, length: number): Uint8Array {
  return text(`${value.toString(8).padStart(length - 1, '0')}\0`, length)
}

function text(value: string, length: number): Uint8Array {
  const field = new Uint8Array(length)
  field.set(encoder.encode(value))
  return field
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / block) * block)
  whole.set(bytes)
  return whole
}

function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}
