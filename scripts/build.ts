import { fileURLToPath } from 'node:url'
import { formatProblem } from './core/problem.ts'
import { readRegistry } from './registry.ts'
import { summary } from './report.ts'
import { runCommand } from './usage.ts'

await runCommand('usage: npm run build', async () => {
  const { problems, entries } = readRegistry()
  if (problems.length > 0) {
    for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`)
    process.stderr.write(`${summary(problems, entries.length)}; the site is not built\n`)
    return 1
  }
  const { build } = await import('astro')
  await build({ root: fileURLToPath(new URL('../site', import.meta.url)), logLevel: 'warn' })
  process.stderr.write('built site/dist\n')
  return 0
})
