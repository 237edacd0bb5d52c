/** A file as it is published, and the name under which it is installed. */
export interface InstallFile {
  name: string
  url: string
  /** 64 hex digits. */
  sha256: string
  text: string
}

/** What the commands are made for: one unit and the files of its drop-ins, in the order in which systemd reads them. */
export interface Plan {
  unit: string
  files: InstallFile[]
}

export function directoryOf(unit: string, root = '/etc'): string {
  return `${root}/systemd/system/${unit}.d`
}

/** The unit as systemctl restart wants it; of a template, all its running instances. */
export function runningUnits(unit: string): string {
  return unit.replace('@.', '@*.')
}

function restart(unit: string): string {
  const running = runningUnits(unit)
  return `sudo systemctl restart ${running === unit ? unit : `'${running}'`}`
}

function install({ unit, files }: Plan, root: string): string {
  const directory = directoryOf(unit, root)
  const steps = files.flatMap(({ name, url, sha256 }) => [
    `curl -fsSo ${name} ${url} &&`,
    `echo '${sha256}  ${name}' | sha256sum -c &&`,
    `sudo install -D -m 0644 ${name} ${directory}/${name} &&`,
  ])
  return [...steps, 'sudo systemctl daemon-reload &&', restart(unit)].join('\n')
}

/** Downloads, refuses anything but the files that the page shows, installs and restarts. */
export function installForGood(plan: Plan): string {
  return install(plan, '/etc')
}

/** The same under /run, which is empty after a reboot. */
export function installUntilReboot(plan: Plan): string {
  return install(plan, '/run')
}

export function editByHand({ unit }: Pick<Plan, 'unit'>): string {
  return `sudo systemctl edit ${unit}\n${restart(unit)}`
}

/** Takes the named files away again, from both places where these commands put them. */
export function undo(unit: string, names: string[]): string {
  const paths = ['/etc', '/run'].flatMap((root) =>
    names.map((name) => `${directoryOf(unit, root)}/${name}`),
  )
  return `sudo rm -f ${paths.join(' ')} && sudo systemctl daemon-reload && ${restart(unit)}`
}

/** Shows what the manager makes of it. */
export function inspect(unit: string): string {
  return `systemd-analyze security --no-pager ${unit}`
}
