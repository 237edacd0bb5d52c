import type { Catalogue } from '../../../scripts/core/profile/values.ts'
import type { Stage } from '../../../scripts/core/profile/types.ts'

/** One directive of a rendered drop-in: what stands above it (blank line, stage, reasons), and its own lines. */
export interface Part {
  directive: string
  stage: Stage
  lead: string
  setting: string
}

export interface Parts {
  /** The comments and the section that the text begins with. */
  head: string
  parts: Part[]
}

/** Takes a rendered drop-in apart so that the pieces together are the text again, byte for byte. */
export function partsOf(text: string, catalogue: Catalogue): Parts {
  const lines = text.split(/(?<=\n)/)
  const start = lines.findIndex((line) => line.startsWith('[')) + 1
  const parts: Part[] = []
  let lead = ''
  for (const line of lines.slice(start)) {
    const equals = line.indexOf('=')
    if (line.startsWith('#') || equals < 0) {
      lead += line
      continue
    }
    const directive = line.slice(0, equals)
    const last = parts.at(-1)
    if (lead === '' && last?.directive === directive) last.setting += line
    else parts.push({ directive, stage: catalogue[directive]!.stage, lead, setting: line })
    lead = ''
  }
  return { head: lines.slice(0, start).join(''), parts }
}
