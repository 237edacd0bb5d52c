import { parseArgs } from 'node:util'
import { compareRevisions } from './core/diff/compare.ts'
import type { Revision } from './core/diff/compare.ts'
import { asMarkdown, asText } from './core/diff/print.ts'
import { digest } from './digest.ts'
import { readDrafts } from './drafts.ts'
import { allIds, projectRoot, readCatalogue, readRegistry } from './registry.ts'
import { withRevision } from './revision.ts'
import { runCommand, UsageError } from './usage.ts'

const formats = ['text', 'markdown', 'json']
const usage = `usage: npm run -s diff -- REVISION [SERVICE…] [--format ${formats.join('|')}]`

await runCommand(usage, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { format: { type: 'string', default: 'text' } },
  })
  const [since, ...services] = positionals
  if (since === undefined) throw new UsageError('since which revision?')
  if (!formats.includes(values.format)) throw new UsageError(`there is no format ${values.format}`)
  const [before, after] = await withRevision(since, (root) => [read(root), read(projectRoot)])
  const known = [...before.versions, ...after.versions].map(({ id }) => id)
  const unknown = services.find((id) => !known.includes(id))
  if (unknown) throw new UsageError(`there is no profile ${unknown}, neither now nor at ${since}`)
  const wanted = ({ versions, catalogue }: Revision): Revision => ({
    versions: versions.filter(({ id }) => services.length === 0 || services.includes(id)),
    catalogue,
  })
  const changes = compareRevisions(wanted(before), wanted(after), digest)
  if (values.format === 'json') process.stdout.write(`${JSON.stringify(changes, null, 2)}\n`)
  else process.stdout.write((values.format === 'text' ? asText : asMarkdown)(changes, since))
  return 0
})

/** Every profile below a root, drafts too. What cannot be read is told, and counts as not there. */
function read(root: string): Revision {
  const ids = allIds(root)
  const { drafts } = readDrafts(root, ids)
  const { entries } = readRegistry(root, ids)
  const where = root === projectRoot ? 'now' : 'in the older revision'
  for (const id of ids.filter((id) => !entries.some((entry) => entry.id === id))) {
    process.stderr.write(`profiles/${id}/profile.yaml cannot be read ${where}; it is left aside\n`)
  }
  const versions = entries.map((entry) => ({ ...entry, isDraft: Object.hasOwn(drafts, entry.id) }))
  return { versions, catalogue: readCatalogue(root) }
}
