import { gzip } from './gzip.ts'
import { joined } from './joined.ts'
import { tar } from './tar.ts'
import type { ArchiveFile } from './tar.ts'

interface Contents {
  /** What dpkg reads: control, and the scripts that it runs. */
  control: ArchiveFile[]
  data: ArchiveFile[]
  /** In seconds. */
  time: number
}

const encoder = new TextEncoder()

/** A package as deb(5) describes it: an ar archive of a version and two tarballs. */
export function deb({ control, data, time }: Contents): Uint8Array<ArrayBuffer> {
  const how = { time, prefix: './' }
  const members: [string, Uint8Array][] = [
    ['debian-binary', encoder.encode('2.0\n')],
    ['control.tar.gz', gzip(tar(control, how))],
    ['data.tar.gz', gzip(tar(data, how))],
  ]
  const parts = members.flatMap(([name, bytes]) => [
    encoder.encode(header(name, bytes.length, time)),
    bytes,
    // Members begin at even places.
    encoder.encode('\n'.repeat(bytes.length % 2)),
  ])
  return joined([encoder.encode('!<arch>\n'), ...parts])
}

function header(name: string, size: number, time: number): string {
  const fields = [
    name.padEnd(16),
    String(time).padEnd(12),
    '0'.padEnd(6),
    '0'.padEnd(6),
    '100644  ',
  ]
  return `${fields.join('')}${String(size).padEnd(10)}\`\n`
}
