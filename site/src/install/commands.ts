import { origin } from '../../../scripts/core/site.ts'

/** What the commands are made for: one unit and one file of its drop-ins. */
export interface Target {
  id: string
  unit: string
  /** `hardening.conf`, or an option's. */
  file: string
  sha256: string
}

/** Restarts the unit; of a template, all its running instances. */
function restart(unit: string): string {
  const running = unit.replace('@.', '@*.')
  return `sudo systemctl restart ${running === unit ? unit : `'${running}'`}`
}

function install({ id, unit, file, sha256 }: Target, directory: string): string {
  const url = `${origin}/${id}/${file}`
  return [
    `curl -fsSo ${file} ${url} &&`,
    `echo '${sha256}  ${file}' | sha256sum -c &&`,
    `sudo install -D -m 0644 ${file} ${directory}/${unit}.d/${file} &&`,
    'sudo systemctl daemon-reload &&',
    restart(unit),
  ].join('\n')
}

/** Downloads, refuses anything but the file that this page shows, installs and restarts. */
export function installForGood(target: Target): string {
  return install(target, '/etc/systemd/system')
}

/** The same under /run, which is empty after a reboot. */
export function installUntilReboot(target: Target): string {
  return install(target, '/run/systemd/system')
}

export function editByHand({ unit }: Pick<Target, 'unit'>): string {
  return `sudo systemctl edit ${unit}\n${restart(unit)}`
}

/** Takes the drop-in away again, from both places where these commands put it. */
export function undo({ unit, file }: Pick<Target, 'unit' | 'file'>): string {
  const path = `systemd/system/${unit}.d/${file}`
  return `sudo rm -f /etc/${path} /run/${path} && sudo systemctl daemon-reload && ${restart(unit)}`
}

/** Shows what the manager makes of it. */
export function inspect(unit: string, instance?: string): string {
  return `systemd-analyze security --no-pager ${instance ?? unit}`
}
