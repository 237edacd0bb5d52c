import { createHash } from 'node:crypto'

/** `sha256:` and 64 hex digits, of the text as UTF-8. */
export function digest(text: string): string {
  return `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`
}
