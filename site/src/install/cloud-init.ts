import { directoryOf, runningUnits } from './commands.ts'
import type { Plan } from './commands.ts'

/**
 * User data with the texts themselves, since a first boot may have no network yet. The files are there before cloud-init
 * installs packages; a service that does not hold with them gets along without them again.
 */
export function cloudInit({ files, ...plan }: Plan, units = [plan.unit]): string {
  const places = units.flatMap((unit) =>
    files.map(({ name, text }) => ({ path: `${directoryOf(unit)}/${name}`, text })),
  )
  const written = places.map(
    ({ path, text }) => `  - path: ${path}
    permissions: '0644'
    content: |
${text.trimEnd().replace(/^(?=.)/gm, '      ')}
`,
  )
  return `#cloud-config
write_files:
${written.join('')}runcmd:
  - |
    systemctl daemon-reload
    for unit in $(systemctl list-units --all --plain --no-legend ${units.map((unit) => `'${runningUnits(unit)}'`).join(' ')} | cut -d' ' -f1); do
      state=$(systemctl is-active "$unit")
      [ "$state" != inactive ] || continue
      [ "$state" = failed ] || ! systemctl restart "$unit" || ! sleep 5 || ! systemctl is-active -q "$unit" || continue
      echo "$unit does not hold with its drop-in, which is taken away again" >&2
      rm -f ${places.map(({ path }) => path).join(' ')}
      systemctl daemon-reload
      systemctl reset-failed "$unit"
      systemctl restart "$unit"
    done`
}
