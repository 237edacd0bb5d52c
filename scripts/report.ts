import { styleText } from 'node:util'
import { formatProblem, visible } from './core/problem.ts'
import type { Problem } from './core/problem.ts'

export const formats = ['text', 'github', 'json'] as const
export type Format = (typeof formats)[number]

/** All problems in one of the forms that people, GitHub and programs read. */
export function report(problems: Problem[], format: Format): string {
  if (format === 'json') return `${JSON.stringify(problems, null, 2)}\n`
  return problems.map((p) => `${format === 'github' ? annotation(p) : formatProblem(p)}\n`).join('')
}

/** The closing line: how many problems in how many files. */
export function summary(problems: Problem[], checked: number): string {
  const count = (n: number, one: string) => `${n} ${one}${n === 1 ? '' : 's'}`
  if (problems.length === 0) return paint('green', `${count(checked, 'profile')}, no problem`)
  const files = new Set(problems.map(({ path }) => path)).size
  return paint('red', `${count(problems.length, 'problem')} in ${count(files, 'file')}`)
}

// https://docs.github.com/actions/reference/workflow-commands: these characters end a command or a property.
function annotation({ path, line, col, message, fix, rule }: Problem): string {
  const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
  return `::error file=${property(path)},line=${line},col=${col},title=${property(rule)}::${data(`${message}; ${fix}`)}`
}

function data(text: string): string {
  return visible(text).replaceAll('%', '%25')
}

function paint(colour: 'green' | 'red', text: string): string {
  return styleText(colour, text, { stream: process.stderr })
}
