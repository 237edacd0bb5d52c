import { crc32 } from 'node:zlib'
import { deflate } from './deflate.ts'
import { joined } from './joined.ts'

/** RFC 1952, without a name or a time: the same bytes in give the same bytes out. */
export function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)
  return joined([head, deflate(bytes), littleEndian(crc32(bytes)), littleEndian(bytes.length)])
}

function littleEndian(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)
}
