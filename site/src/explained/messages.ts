import type { Proof } from '../../../scripts/core/measured/grant-proofs.ts'

export interface Message {
  message: string
  /** What would have prevented it, as lines of a drop-in. */
  causes: string[]
}

/** Every message that an experiment left behind, with the lines whose absence caused it. */
export function messagesOf(proofs: Proof[]): Message[] {
  const found = new Map<string, string[]>()
  for (const { directive, item, breaks, message } of proofs) {
    if (!breaks || !message) continue
    found.set(message, [...(found.get(message) ?? []), `${directive}=${item}`])
  }
  return [...found].map(([message, causes]) => ({ message, causes }))
}
