/** One thing wrong in one place, and what to do about it. Lines and columns count from 1. */
export interface Problem {
  path: string
  line: number
  col: number
  message: string
  fix: string
  rule: string
}

/** By path, then position, then rule, so that the same files always give the same report. */
export function sortProblems(problems: Problem[]): Problem[] {
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return problems.toSorted(
    (a, b) =>
      compare(a.path, b.path) ||
      a.line - b.line ||
      a.col - b.col ||
      compare(a.rule, b.rule) ||
      compare(a.message, b.message),
  )
}

/** The compiler form that editors and terminals turn into a link. */
export function formatProblem({ path, line, col, message, fix, rule }: Problem): string {
  return visible(`${path}:${line}:${col}: ${message}; ${fix} (${rule})`)
}

/** Control characters and marks that reorder text, written out: a value must not forge a line of the report. */
export function visible(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
