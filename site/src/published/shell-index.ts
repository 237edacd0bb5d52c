import { stageTitles } from '../../../scripts/core/profile/render.ts'
import { stages } from '../../../scripts/core/profile/types.ts'
import { unitsOf } from '../../../scripts/core/profile/values.ts'
import type { Entry, Registry } from '../../../scripts/registry.ts'
import { runsOf } from '../wording/runs.ts'
import { sha256 } from './checksum.ts'
import { renderingsOf } from './renderings.ts'

type Data = Pick<Registry, 'entries' | 'directives' | 'platforms'>

const head = `# fenced 1: the index that fenced.sh reads. Fields are parted by tabs, and the first says what the row is:
# stage NAME TITLE                            the stages in their order, and what their part of a drop-in is headed
# unit UNIT SERVICE [skip]                    skip: better left alone, there is no drop-in
# score SERVICE SYSTEMD BEFORE AFTER PLATFORM exposure as it was measured
# file SERVICE KIND NAME SYSTEMD SHA256 PATH  a drop-in, and the oldest systemd that knows all of it
`

/** index.tsv: what a shell needs to choose a drop-in, fetch it and check it. */
export function shellIndex({ entries, directives, platforms }: Data): string {
  const rows = entries.flatMap((entry) => [
    ...unitsOf(entry.profile).map((unit) => ['unit', unit, entry.id, entry.profile.advice ?? '']),
    ...scoresOf(entry, platforms),
    ...renderingsOf(entry, directives).map(({ kind, name, path, text, systemd }) => {
      return ['file', entry.id, kind, name, String(systemd), sha256(text), `${entry.id}/${path}`]
    }),
  ])
  const order = stages.map((stage) => ['stage', stage, stageTitles[stage]])
  return head + [...order, ...rows].map((fields) => `${fields.join('\t').trimEnd()}\n`).join('')
}

function scoresOf({ id, profile, measured }: Entry, platforms: Data['platforms']): string[][] {
  if (!profile.directives) return []
  return runsOf(measured, platforms).map(({ label, run }) => {
    return ['score', id, run.systemd, run.before.exposure, run.after.exposure, label]
  })
}
