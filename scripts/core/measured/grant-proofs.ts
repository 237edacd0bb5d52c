import type { Experiment, Measured } from './types.ts'

/** An experiment, and the id of the platform that it was made on. */
export interface Proof extends Experiment {
  platform: string
}

/**
 * What taking each grant of the drop-in away has shown. Where nothing broke on the first platform, a later one on which
 * something did counts: releases differ in the system calls and capabilities that the same service uses.
 */
export function grantProofs(measured: Measured | undefined): Proof[] {
  const proofs = new Map<string, Proof>()
  for (const [platform, { grants = [] }] of Object.entries(measured?.platforms ?? {})) {
    for (const grant of grants) {
      const key = `${grant.directive} ${grant.item}`
      const known = proofs.get(key)
      if (!known || (grant.breaks && !known.breaks)) proofs.set(key, { ...grant, platform })
    }
  }
  return [...proofs.values()]
}
