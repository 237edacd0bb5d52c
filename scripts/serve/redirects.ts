/** Reads the form that static hosts share, `/from /to 301`, of addresses without wildcards. */
export function parseRedirects(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => line.trim().split(/\s+/) as [string, string]))
}
