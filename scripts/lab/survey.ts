import { readFileSync } from 'node:fs'
import { LabError } from './lab-error.ts'
import { parseListeners } from './listeners.ts'
import type { Listener } from './listeners.ts'
import type { Machine } from './machine.ts'

/** What a machine says of a service as its package installs it. */
export interface Survey {
  unit: string
  /** False where it does not start as installed. */
  started: boolean
  type: string
  reloads: boolean
  /** The user that the unit names, `dynamic` included; empty for root. */
  user: string
  /** True where its processes were the same ones for a while. */
  steady: boolean
  /** The accounts that its processes run as, sorted. */
  accounts: string[]
  listeners: Listener[]
  /** Files of /var and /run that it holds open, logs above all. */
  openFiles: string[]
  /** Its packages' files under /etc/logrotate.d. */
  rotations: string[]
  section: string
  homepage: string
  synopsis: string
}

const script = readFileSync(new URL('survey.sh', import.meta.url), 'utf8')

/** The unit that is meant: the one named, the one called like the service, or the only one that the packages bring. */
export async function findUnit(machine: Machine, service: string, packages: string[]) {
  const env = { PACKAGES: packages.join(' ') }
  const { stdout } = await machine.run(`${script}\nlist_units`, { env })
  const units = stdout.split('\n').filter(Boolean)
  const [only, ...more] = units
  const wanted = `${service}.service`
  if (units.includes(wanted)) return wanted
  // A package that only depends on others, as nginx does on nginx-common.
  if ((await machine.run(`systemctl cat ${wanted}`)).code === 0) return wanted
  if (only === undefined) {
    throw new LabError(`${packages.join(' ')} brings no service; say --unit NAME.service`)
  }
  if (more.length === 0) return only
  throw new LabError(`which of its services? Say --unit with one of ${units.join(', ')}`)
}

/** Starts the unit and looks at what it does. */
export async function surveyUnit(machine: Machine, unit: string, packages: string[]) {
  const { code } = await machine.run('systemctl cat "$UNIT"', { env: { UNIT: unit } })
  if (code !== 0) throw new LabError(`${packages.join(' ')} brings no unit ${unit}; correct --unit`)
  const env = { PACKAGES: packages.join(' '), UNIT: unit }
  const { stdout } = await machine.run(`${script}\nprint_facts`, { env, seconds: 150 })
  return parseSurvey(unit, stdout)
}

/** Reads what survey.sh prints. */
export function parseSurvey(unit: string, text: string): Survey {
  const facts = text.split('\n').flatMap((line): [string, string][] => {
    const at = line.indexOf('=')
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1).trim()]] : []
  })
  const all = (key: string) => facts.filter(([name]) => name === key).map(([, value]) => value)
  const one = (key: string) => all(key).find((value) => value !== '') ?? ''
  const processes = all('Process').map((line) => line.split(/\s+/))
  const pids = processes.map(([pid = '']) => Number(pid))
  return {
    unit,
    started: one('Started') === 'yes',
    type: one('Type'),
    reloads: one('ExecReload') !== '',
    user: one('DynamicUser') === 'yes' ? one('User') || 'dynamic' : one('User'),
    steady: one('Steady') === 'yes' && pids.length > 0,
    accounts: [...new Set(processes.map(([, user = '']) => user))].filter(Boolean).toSorted(),
    listeners: parseListeners(all('Socket'), pids),
    openFiles: [...new Set(all('Open'))].filter((path) => /^[\w./+-]+$/.test(path)).toSorted(),
    rotations: [...new Set(all('Rotation'))],
    section: one('Section'),
    homepage: one('Homepage'),
    synopsis: one('Synopsis'),
  }
}
