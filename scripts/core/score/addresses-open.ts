import type { View } from './badness.ts'
import type { Prefix } from './state.ts'

/** IPAddressDeny's row: 10 open, 5 some peers, 2 this machine only, 0 nobody. */
export function ipBadness({ state, live, systemd }: View): number {
  // 247's client looks at the outgoing filters only.
  if (state.egressFilters > 0 || (state.ingressFilters > 0 && systemd >= 250)) return 0
  const closed = (size: number) =>
    state.denied.some(({ bytes, length }) => length === 0 && bytes.length === size)
  if (!closed(4) || !closed(16)) return 10
  if (state.allowed.length === 0) return 0
  const allowed = systemd < 250 ? withoutCovered(state.allowed) : state.allowed
  return allowed.every(live ? isWholeLoopback : isLoopback) ? 2 : 5
}

function isLoopback({ bytes }: Prefix): boolean {
  if (bytes.length === 4) return bytes[0] === 127
  return bytes.every((byte, index) => byte === (index === 15 ? 1 : 0))
}

/** The live manager is asked for texts, and only these two are known as this machine. */
function isWholeLoopback(prefix: Prefix): boolean {
  return isLoopback(prefix) && prefix.length === (prefix.bytes.length === 4 ? 8 : 128)
}

/** Old systemd drops a prefix that another one includes. */
function withoutCovered(prefixes: Prefix[]): Prefix[] {
  return prefixes.filter(
    (inner) => !prefixes.some((outer) => outer.length < inner.length && includes(outer, inner)),
  )
}

function includes(outer: Prefix, inner: Prefix): boolean {
  if (outer.bytes.length !== inner.bytes.length) return false
  return outer.bytes.every((byte, index) => {
    const bits = Math.max(0, Math.min(8, outer.length - index * 8))
    return byte === (inner.bytes[index]! & (0xff00 >> bits) & 255)
  })
}
