import type { Result } from './exec.ts'
import { LabError } from './lab-error.ts'

/** One line for what stopped apt or mmdebstrap: what people can act on, or apt's own first complaint. */
export function aptFailure(
  what: string,
  { stderr, stdout, timedOut, code }: Result,
  mirror = 'the package mirror',
): LabError {
  const output = `${stderr}\n${stdout}`
  const package_ =
    /Unable to locate package (\S+)|Package '?(\S+?)'? has no installation candidate/.exec(output)
  if (package_) {
    const name = package_[1] ?? package_[2]
    return new LabError(`${what}: there is no package ${name}; correct the list of packages`)
  }
  if (/No space left on device|not enough free (disk )?space/i.test(output)) {
    return new LabError(`${what}: the disk is full; free some space, or run npm run lab -- clean`)
  }
  if (
    /NO_PUBKEY|not signed|no valid signature|Missing key|keyring/i.test(output) &&
    !/Failed to fetch/.test(output)
  ) {
    return new LabError(
      `${what}: the archive's signature is not known here; update the package debian-archive-keyring`,
    )
  }
  if (
    /Could not resolve|Temporary failure resolving|Could not connect|Unable to connect|Connection (failed|refused|timed out)|Failed to fetch|404 {2}Not Found/i.test(
      output,
    )
  ) {
    return new LabError(
      `${what}: ${mirror} does not answer as it should; check the network and this host's apt sources, then run it again`,
    )
  }
  if (timedOut) return new LabError(`${what}: not done in the time it may take; run it again`)
  const first = output.split('\n').find((line) => /^(E:|E: )|error:|cannot|failed/i.test(line))
  return new LabError(
    `${what} failed: ${(first ?? `exit code ${code}`).replace(/^E: /, '').trim()}`,
  )
}
