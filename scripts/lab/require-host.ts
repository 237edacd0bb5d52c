import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { LabError } from './lab-error.ts'

/** What the lab calls, and the Debian package that brings it. */
const tools: Record<string, string> = {
  mmdebstrap: 'mmdebstrap',
  'systemd-nspawn': 'systemd-container',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  flock: 'util-linux',
  perl: 'perl-base',
}

/** Why the lab cannot run here, with what to do about it; undefined where it can. */
export function whyNotHere(): string | undefined {
  if (process.platform !== 'linux') {
    return 'the lab boots systemd, which needs Linux; run it on a Linux machine'
  }
  if (process.getuid?.() !== 0) return 'the lab boots machines, which needs root; run it with sudo'
  const missing = Object.keys(tools).filter((tool) => !isInPath(tool))
  if (missing.length === 0) return undefined
  const packages = [...new Set(missing.map((tool) => tools[tool]))].join(' ')
  return `${missing.join(', ')} not found; install with apt-get install ${packages}`
}

/** For tests: the reason to skip what needs a machine. In CI nothing is skipped, so that a missing lab fails. */
export function skipReason(): string | false {
  return process.env['CI'] ? false : (whyNotHere() ?? false)
}

export function requireHost() {
  const why = whyNotHere()
  if (why !== undefined) throw new LabError(why)
}

function isInPath(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, tool), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
