// Builds the site of FENCED_ROOT into the directory named on the command line, beside whatever is in site/dist. With page
// names after it, those alone: a thousand profiles take a minute or more that the list of them does not need. Prints how
// many seconds of the processor it took.
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'astro'

const [outDir = '', ...only] = process.argv.slice(2)
const root = fileURLToPath(new URL('..', import.meta.url))

/** The sources with fewer pages: links to the real ones. */
function sourcesOf(names: string[]): string {
  const from = join(root, 'src')
  const to = join(outDir, '..', 'src')
  mkdirSync(join(to, 'pages'), { recursive: true })
  for (const name of readdirSync(from)) {
    if (name !== 'pages') symlinkSync(join(from, name), join(to, name))
  }
  for (const name of names) symlinkSync(join(from, 'pages', name), join(to, 'pages', name))
  return to
}

await build({
  root,
  ...(only.length > 0 && { srcDir: sourcesOf(only) }),
  outDir,
  cacheDir: join(outDir, '..', 'cache'),
  logLevel: 'error',
})

const { user, system } = process.cpuUsage()
process.stdout.write(`${(user + system) / 1e6}\n`)
