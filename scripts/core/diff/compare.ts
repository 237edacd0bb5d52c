import type { Measured } from '../measured/types.ts'
import { probeText } from '../measured/probe-text.ts'
import { renderDropIn, renderOption } from '../profile/render.ts'
import type { Profile } from '../profile/types.ts'
import { grantsOf } from '../profile/values.ts'
import type { Catalogue } from '../profile/values.ts'
import { diffLines } from './lines.ts'
import { compareRuns } from './runs.ts'
import type { RunChange } from './runs.ts'

/** What is known of a profile in one revision. */
export interface Version {
  id: string
  profile: Profile
  measured?: Measured
  probe: string
  isDraft: boolean
}

/** All profiles of a revision, with the catalogue by which they are rendered. */
export interface Revision {
  versions: Version[]
  catalogue: Catalogue
}

export interface ProfileChange {
  id: string
  kind: 'added' | 'removed' | 'changed'
  /** In the newer revision; in the older one, if it is gone. */
  isDraft: boolean
  wasDraft?: boolean
  /** Drop-ins by name with the lines that differ, as `diff -u` prints them. */
  files: Record<string, string[]>
  granted: string[]
  noLongerGranted: string[]
  probeChanged: boolean
  /** By platform, where anything measured is different. */
  runs: Record<string, RunChange>
}

/** What a user of the drop-ins would notice between two revisions, by id. `digest` is that of the measurements. */
export function compareRevisions(
  before: Revision,
  after: Revision,
  digest: (text: string) => string,
): ProfileChange[] {
  const find = ({ versions }: Revision, id: string) => versions.find((each) => each.id === id)
  const ids = [...before.versions, ...after.versions].map(({ id }) => id)
  return [...new Set(ids)].toSorted().flatMap((id): ProfileChange[] => {
    const [old, now] = [find(before, id), find(after, id)]
    const [oldFiles, files] = [filesOf(old, before.catalogue), filesOf(now, after.catalogue)]
    const [oldGrants, grants] = [grantsIn(old, before.catalogue), grantsIn(now, after.catalogue)]
    const change: ProfileChange = {
      id,
      kind: old ? (now ? 'changed' : 'removed') : 'added',
      isDraft: (now ?? old)?.isDraft === true,
      ...(old && now && { wasDraft: old.isDraft }),
      files: differing(oldFiles, files),
      granted: [...grants].filter(([name]) => !oldGrants.has(name)).map(words),
      noLongerGranted: [...oldGrants].filter(([name]) => !grants.has(name)).map(words),
      probeChanged: old?.probe !== now?.probe,
      runs: compareRuns(
        { measured: old?.measured, isCurrent: currentOf(old, before.catalogue, digest) },
        { measured: now?.measured, isCurrent: currentOf(now, after.catalogue, digest) },
      ),
    }
    return isAnything(change) ? [change] : []
  })
}

function isAnything({ kind, isDraft, wasDraft, files, granted, ...rest }: ProfileChange): boolean {
  return (
    kind !== 'changed' ||
    isDraft !== wasDraft ||
    rest.probeChanged ||
    granted.length + rest.noLongerGranted.length > 0 ||
    Object.keys(files).length + Object.keys(rest.runs).length > 0
  )
}

/** The drop-ins that readers get, by file name. */
function filesOf(version: Version | undefined, directives: Catalogue): Record<string, string> {
  if (!version || version.profile.advice === 'skip') return {}
  const { profile } = version
  const options = Object.keys(profile.options ?? {}).map((name): [string, string] => {
    return [`site-${name}.conf`, renderOption(profile, name, { directives })]
  })
  return {
    'hardening.conf': renderDropIn(profile, { directives }),
    ...Object.fromEntries(options),
  }
}

function differing(before: Record<string, string>, after: Record<string, string>) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const pairs = names.map((name): [string, string[]] => {
    return [name, diffLines(before[name] ?? '', after[name] ?? '')]
  })
  return Object.fromEntries(pairs.filter(([, lines]) => lines.length > 0))
}

/** Each grant, an option's with the option's name before it, with its reason. */
function grantsIn(version: Version | undefined, catalogue: Catalogue): Map<string, string> {
  if (!version) return new Map()
  const { directives = {}, options = {} } = version.profile
  const sets = [
    { prefix: '', directives },
    ...Object.entries(options).map(([name, option]) => ({
      prefix: `option ${name}: `,
      directives: option.directives,
    })),
  ]
  return new Map(
    sets.flatMap(({ prefix, directives }) =>
      grantsOf(directives, catalogue).map(({ directive, item, reason }): [string, string] => {
        return [`${prefix}${directive} ${item}`, reason]
      }),
    ),
  )
}

function words([name, reason]: [string, string]): string {
  return reason ? `${name}, because: ${reason}` : name
}

/** Tells whether a run was made with the drop-in and the probe that stand beside it. */
function currentOf(
  version: Version | undefined,
  directives: Catalogue,
  digest: (text: string) => string,
) {
  return (systemd: string, dropIn: string) => {
    if (!version) return true
    const { profile, measured, probe } = version
    return (
      measured?.probe === digest(probeText(profile, probe)) &&
      dropIn === digest(renderDropIn(profile, { directives, systemd: Number(systemd) }))
    )
  }
}
