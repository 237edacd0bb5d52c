import type { Plan } from './commands.ts'

interface Setting {
  /** The lines above it, without their marks. */
  comments: string[]
  values: string[]
}

/** A module with what the drop-ins set, for systemd.services.NAME.serviceConfig. */
export function nixos({ unit, files }: Plan): string {
  const [title = ''] = files[0]?.text.split('\n') ?? []
  const settings = settingsOf(files.map(({ text }) => text))
  const lines = [...settings].flatMap(([key, { comments, values }]) => [
    ...comments.map((comment) => `# ${comment}`),
    ...(isOfDebian(key, values) ? ['# Of Debian; NixOS has other paths and users: check it.'] : []),
    `${key} = ${values.length === 1 ? quoted(values[0]!) : `[ ${values.map(quoted).join(' ')} ]`};`,
  ])
  return `${title}
# Measured on Debian; nothing was on NixOS, where paths and users differ. Before you switch:
# - give the unit the name that it has on your machine: systemctl list-units --type=service
# - check each line that is marked as Debian's
# What NixOS itself sets for this service stands; this fills in the rest.
{ lib, ... }:
let
  name = ${quoted(unit.replace(/\.service$/, ''))};
in
{
  systemd.services.\${name}.serviceConfig = builtins.mapAttrs (_: lib.mkOverride 1100) {
${lines.map((line) => `    ${line}`).join('\n')}
  };
}`
}

/** What is set, in the order in which systemd reads it; of a key that comes again, all its values. */
function settingsOf(texts: string[]): Map<string, Setting> {
  const settings = new Map<string, Setting>()
  for (const text of texts) {
    let comments: string[] = []
    const [, body = ''] = text.split('[Service]\n')
    for (const line of body.split('\n')) {
      const [, comment] = /^# (.*)$/.exec(line) ?? []
      const [, key, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? []
      if (comment !== undefined) comments.push(comment)
      if (key === undefined || value === undefined) continue
      const known = settings.get(key) ?? { comments: [], values: [] }
      known.comments.push(...comments)
      known.values.push(value)
      settings.set(key, known)
      comments = []
    }
  }
  return settings
}

/** True where a value names a path, or a user. */
function isOfDebian(key: string, values: string[]): boolean {
  return (
    /^(User|Group|SupplementaryGroups)$/.test(key) || values.some((v) => /(^|\s)[-+]*\//.test(v))
  )
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]|\$(?=\{)/g, '\\$&')}"`
}
