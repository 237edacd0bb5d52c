import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withProfilesTable } from './readme.ts'
import { projectRoot, readRegistry } from './registry.ts'

/** What prettier and eslint cannot settle: text that follows from the data. */
const path = join(projectRoot, 'README.md')
const before = readFileSync(path, 'utf8')
const after = withProfilesTable(before, readRegistry())
if (after !== before) {
  writeFileSync(`${path}.new`, after)
  renameSync(`${path}.new`, path)
  process.stderr.write('README.md: the table of profiles is new\n')
}
