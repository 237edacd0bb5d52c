import type { Score } from '../../../scripts/core/measured/types.ts'
import { escapeXml } from './xml.ts'

/** Advance of a digit or letter at the badge's text size; the text is fitted to it, so that it may be a guess. */
const advance = 6.6
const padding = 8
const height = 20

/** A small picture for a README: the name on the left, the way down on the right. */
export function badge(name: string, before: Score, after: Score): string {
  const left = `${name} exposure`
  const right = `${before.exposure} → ${after.exposure} ${after.level}`
  const [leftWidth, rightWidth] = [widthOf(left), widthOf(right)]
  const width = leftWidth + rightWidth
  const text = (content: string, x: number, room: number) =>
    `<text x="${x + padding}" y="14" textLength="${room - 2 * padding}">${escapeXml(content)}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" role="img" aria-label="${escapeXml(`${left} ${right}`)}">
<title>${escapeXml(`${left} ${right}`)}</title>
<clipPath id="r"><rect width="${width}" height="${height}" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="${leftWidth}" height="${height}" fill="#3a413d"/><rect x="${leftWidth}" width="${rightWidth}" height="${height}" fill="#0b6b50"/></g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${text(left, 0, leftWidth)}${text(right, leftWidth, rightWidth)}</g>
</svg>
`
}

function widthOf(text: string): number {
  return Math.round([...text].length * advance) + 2 * padding
}
