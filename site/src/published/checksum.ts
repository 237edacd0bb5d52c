import { digest } from '../../../scripts/digest.ts'

/** The hex digits alone, as `sha256sum` prints them. */
export function sha256(text: string): string {
  return digest(text).slice('sha256:'.length)
}

/** A line that `sha256sum -c` reads beside the file. */
export function checksumLine(text: string, name: string): string {
  return `${sha256(text)}  ${name}\n`
}
