/** `1 check`, `12 checks`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`
}

/** `a`, `a and b`, `a, b and c`. */
export function list(items: string[]): string {
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`
}

/** A reason as it stands in a profile, begun and ended as a sentence. A name in code keeps its letters. */
export function sentence(text: string): string {
  const begun = /^[a-z]+[ ,;:'-]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}
