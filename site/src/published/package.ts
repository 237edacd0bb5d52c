import { unitsOf } from '../../../scripts/core/profile/values.ts'
import { origin } from '../../../scripts/core/site.ts'
import type { Registry } from '../../../scripts/registry.ts'
import type { ArchiveFile } from '../packing/tar.ts'
import { sha256 } from './checksum.ts'
import { dropInsOf } from './files.ts'

type Data = Pick<Registry, 'entries' | 'directives'>

/** All drop-ins where a distribution would put them; options wait in a place of their own, since each answers a question. */
export function imageFiles({ entries, directives }: Data): ArchiveFile[] {
  return entries.flatMap((entry) =>
    unitsOf(entry.profile).flatMap((unit) =>
      dropInsOf(entry, directives).flatMap(({ path, text }): ArchiveFile[] => {
        if (path.startsWith('stages/')) return []
        const place = path === 'hardening.conf' ? 'lib/systemd/system' : 'share/fenced'
        return [{ path: `usr/${place}/${unit}.d/${path}`, text }]
      }),
    ),
  )
}

/** What dpkg reads. Nothing is restarted: a service takes its drop-in when it next starts. */
export function packageControl(files: ArchiveFile[], version: string): ArchiveFile[] {
  const size = Math.ceil(files.reduce((total, { text }) => total + text.length, 0) / 1024)
  const control = `Package: fenced
Version: ${version}
Architecture: all
Maintainer: Fenced (${origin}/)
Installed-Size: ${size}
Section: admin
Priority: optional
Homepage: ${origin}/
Description: systemd hardening drop-ins, each line proven by experiment
 Drop-ins for the services that have a profile, in /usr/lib/systemd/system.
 A service takes its own when it next starts. A hardening.conf of the same
 name in /etc/systemd/system goes before it, an empty one turns it off.
 .
 What depends on your set-up is in /usr/share/fenced: link it into
 /etc/systemd/system/UNIT.d where it is true for you.
`
  const reload = `#!/bin/sh
set -e
[ ! -d /run/systemd/system ] || systemctl daemon-reload
`
  return [
    { path: 'control', text: control },
    ...['postinst', 'postrm'].map((path) => ({ path, text: reload, mode: 0o755 })),
  ]
}

/** The day of the newest measurement. */
export function newestDay({ entries }: Pick<Data, 'entries'>): string {
  const days = entries.flatMap(({ measured }) =>
    Object.values(measured?.platforms ?? {}).map(({ date }) => date),
  )
  return days.toSorted().at(-1) ?? '1970-01-02'
}

/** That day, and what tells two builds of it apart. */
export function packageVersion(day: string, files: ArchiveFile[]): string {
  const content = files.map(({ path, text }) => `${sha256(text)}  ${path}\n`).join('')
  return `${day.replaceAll('-', '.')}+${sha256(content).slice(0, 8)}`
}
