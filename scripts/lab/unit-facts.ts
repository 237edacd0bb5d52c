import { parseExposure } from './exposure.ts'
import type { Exposure } from './exposure.ts'
import { LabError } from './lab-error.ts'
import { quote } from './machine.ts'
import type { Machine } from './machine.ts'
import type { Subject } from './subject.ts'

/** What the live manager makes of the unit with what is installed now. */
export async function readExposure(machine: Machine, unit: string): Promise<Exposure> {
  const name = quote(unit)
  const { stdout, stderr } = await machine.run(
    `systemd-analyze security --no-pager ${name} | tail -n 1; echo ---; systemd-analyze security --no-pager --json=short ${name}`,
  )
  const [text = '', json = ''] = stdout.split('---\n')
  const found = parseExposure(text, json)
  if (found) return found
  const why = stderr.trim().split('\n').at(-1)
  throw new LabError(`systemd-analyze security says nothing of ${unit}: ${why || 'no exposure'}`)
}

/** The unit's files as systemd reads them. */
export async function readCat(machine: Machine, unit: string): Promise<string> {
  return (await machine.run(`systemctl cat --no-pager ${quote(unit)}`)).stdout
}

export interface Versions {
  systemd: string
  kernel: string
  packages: Record<string, string>
}

/** The exact versions in the machine: the packages, the one that the running program is of, and systemd. */
export async function readVersions(
  machine: Machine,
  { packages, unit, platform }: Subject,
): Promise<Versions> {
  const script = [
    'set -o pipefail',
    'systemctl --version | head -n 1',
    'uname -r',
    `systemctl start ${quote(unit)} 2>/dev/null`,
    `program=$(readlink "/proc/$(systemctl show -p MainPID --value ${quote(unit)})/exe")`,
    'owner=$(dpkg -S "$program" 2>/dev/null | cut -d : -f 1)',
    `dpkg-query -W -f='\${Package} \${Version}\\n' ${packages.map(quote).join(' ')} $owner systemd`,
  ]
  const { stdout, stderr } = await machine.run(script.join('\n'))
  const [first = '', kernel = '', ...rest] = stdout.trim().split('\n')
  const systemd = /^systemd (\d+)/.exec(first)?.[1]
  if (systemd === undefined || rest.length === 0) {
    throw new LabError(`the versions in ${platform.id} cannot be read: ${stderr.trim()}`)
  }
  if (systemd !== platform.systemd) {
    throw new LabError(
      `${platform.id} has systemd ${systemd}, schema/platforms.yaml says ${platform.systemd}; correct it there`,
    )
  }
  const pairs = rest.map((line): [string, string] => {
    const [name = '', version = ''] = line.split(' ')
    return [name, version]
  })
  return { systemd, kernel, packages: Object.fromEntries(pairs.toSorted()) }
}
