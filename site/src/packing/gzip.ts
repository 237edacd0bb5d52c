import { crc32, deflate } from './deflate.ts'

/** RFC 1952, without a name or a time: the same bytes in give the same bytes out. */
export function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
  const tail = [crc32(bytes), bytes.length].flatMap(littleEndian)
  return Uint8Array.from([...head, ...deflate(bytes), ...tail])
}

function littleEndian(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 255)
}
