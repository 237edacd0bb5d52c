import type { Figure } from './figure.ts'

export function isAbove({ value, bar }: Figure): boolean {
  return bar !== undefined && value > bar
}

/** The figures in columns, each with its bar and how many times longer a peer takes. */
export function benchTable(figures: Figure[]): string {
  const rows = figures.map((figure) => {
    const { what, value, unit, bar, peers = [] } = figure
    const verdict = bar === undefined ? '' : isAbove(figure) ? 'ABOVE' : 'ok'
    const others = peers.map(
      (peer) => `${peer.name} ${round(peer.value)} ${unit}, ${round(peer.value / value)} times`,
    )
    const limit = bar === undefined ? '' : `${bar} ${unit}`
    return [what, `${round(value)} ${unit}`, limit, verdict, others.join('; ')]
  })
  const lines = [['WHAT', 'FIGURE', 'BAR', '', 'PEERS'], ...rows]
  const widths = lines[0]!.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)))
  return lines
    .map(
      (line) =>
        line
          .map((cell, at) => cell.padEnd(widths[at]!))
          .join('  ')
          .trimEnd() + '\n',
    )
    .join('')
}

/** Three digits that count. */
function round(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}
