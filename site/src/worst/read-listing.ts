import { levels } from '../../../scripts/core/score/level.ts'
import { plainText } from '../pasted/plain.ts'

/** One unit of the listing, with the exposure that the reader's own systemd gave it. */
export interface Listed {
  unit: string
  exposure: string
  level: string
  /** The name was cut off by a narrow terminal. */
  isCut: boolean
}

const name = String.raw`[\w:.@\\-]{1,255}?(?:\.service\b|…|\.\.\.)`
const level = levels.join('|')

/**
 * A line of the table, whatever stands around it: faces, quotation marks, table borders, or a line end where a
 * narrow window or a mail wrapped it.
 */
const line = new RegExp(
  String.raw`(?<![\w.@\\-])(${name})[\s|│>]+(\d{1,2}[.,]\d)[\s|│>]+(${level})\b`,
  'g',
)

/** The last line of what `systemd-analyze security UNIT` prints. */
const overall = new RegExp(
  String.raw`exposure level for (${name}): (\d{1,2}[.,]\d)\s+(${level})\b`,
  'g',
)

/** Reads what `systemd-analyze security` prints, as a table or as JSON; each unit once, the worst first. */
export function readListing(pasted: string): Listed[] {
  const text = plainText(pasted)
  const found = fromJson(text) ?? fromTable(text)
  const units = new Map(found.map((listed) => [listed.unit, listed]))
  return [...units.values()].toSorted(
    (a, b) => Number(b.exposure) - Number(a.exposure) || a.unit.localeCompare(b.unit, 'en'),
  )
}

function fromTable(text: string): Listed[] {
  return [...text.matchAll(line), ...text.matchAll(overall)].map(([, unit = '', exposure, level]) =>
    listed(unit, exposure!, level!),
  )
}

function listed(unit: string, exposure: string, level: string): Listed {
  const whole = unit.replace(/(?:…|\.\.\.)$/, '')
  return { unit: whole, exposure: exposure.replace(',', '.'), level, isCut: whole !== unit }
}

/** Undefined where the text holds no JSON list. */
function fromJson(text: string): Listed[] | undefined {
  const start = text.search(/\[\s*\{/)
  if (start < 0) return undefined
  try {
    const items = JSON.parse(text.slice(start, text.lastIndexOf(']') + 1)) as unknown[]
    return items.flatMap((item) => {
      const { unit, exposure, predicate } = (item ?? {}) as Record<string, unknown>
      const figure = /^\d{1,2}\.\d$/.exec(String(exposure))?.[0]
      if (typeof unit !== 'string' || figure === undefined) return []
      return [listed(unit, figure, levels.includes(String(predicate)) ? String(predicate) : '')]
    })
  } catch {
    return undefined
  }
}
