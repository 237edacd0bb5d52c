// Builds as many pages of Astro as the command line says, with nothing on them, into the directory it names; a peer for our
// own build. Prints how many seconds of the processor it took.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'astro'

const [root = '', count = '1'] = process.argv.slice(2)
mkdirSync(join(root, 'src/pages'), { recursive: true })
writeFileSync(
  join(root, 'src/pages/[page].astro'),
  `---
export const getStaticPaths = () =>
  Array.from({ length: ${Number(count)} }, (_, index) => ({ params: { page: \`page-\${index}\` } }))
const { page } = Astro.params
---

<!doctype html>
<html lang="en">
  <head><title>{page}</title></head>
  <body><h1>{page}</h1></body>
</html>
`,
)
await build({ root, logLevel: 'error' })
const { user, system } = process.cpuUsage()
process.stdout.write(`${(user + system) / 1e6}\n`)
