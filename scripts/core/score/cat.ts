export interface UnitTexts {
  name: string
  unit: string
  dropins: [string, string][]
}

const header = /^# (\/\S*\/([^/\s]+\.service|[^/\s]+\.d\/[^/\s]+\.conf))$/

/** Splits what `systemctl cat` prints: each file begins with its path in a comment. Undefined for other text. */
export function splitCat(text: string): UnitTexts | undefined {
  if (!text.startsWith('# /')) return undefined
  const files: { path: string; lines: string[] }[] = []
  for (const line of text.split('\n')) {
    const path = header.exec(line.replace(/\r$/, ''))?.[1]
    if (path !== undefined) files.push({ path, lines: [] })
    else if (files.length === 0) return undefined
    else files.at(-1)!.lines.push(line)
  }
  const [main, ...rest] = files
  if (!main || !main.path.endsWith('.service')) return undefined
  return {
    name: main.path.slice(main.path.lastIndexOf('/') + 1),
    unit: main.lines.join('\n'),
    dropins: rest.map(({ path, lines }) => [path, lines.join('\n')]),
  }
}
