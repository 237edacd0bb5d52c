/** The lines that differ, as in `diff -u`: each begins with a blank, - or +, and a line `@@` stands where some are skipped. */
export function diffLines(before: string, after: string, context = 2): string[] {
  const marked = markLines(split(before), split(after))
  const near = (index: number) =>
    marked
      .slice(Math.max(0, index - context), index + context + 1)
      .some((line) => !line.startsWith(' '))
  const out: string[] = []
  let skipped = false
  for (const [index, line] of marked.entries()) {
    if (near(index)) {
      if (skipped && out.length > 0) out.push('@@')
      out.push(line)
      skipped = false
    } else skipped = true
  }
  return out
}

function split(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

/** By the longest common subsequence: drop-ins have a hundred lines at most. */
function markLines(a: string[], b: string[]): string[] {
  const width = b.length + 1
  const longest = new Uint32Array((a.length + 1) * width)
  const at = (i: number, j: number) => longest[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const out: string[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push(` ${a[i++]}`)
      j++
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      out.push(`-${a[i++]}`)
    } else out.push(`+${b[j++]}`)
  }
  return out
}
