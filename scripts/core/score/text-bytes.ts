const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes as text; each byte that is not UTF-8 becomes a lone surrogate from U+DC80, so that nothing is lost. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    return decodeLeniently(bytes)
  }
}

/** The way back. */
export function encodeText(text: string): Uint8Array {
  if (text.isWellFormed()) return new TextEncoder().encode(text)
  const bytes: number[] = []
  for (const char of text) {
    const code = char.codePointAt(0)!
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00)
    else bytes.push(...new TextEncoder().encode(char))
  }
  return Uint8Array.from(bytes)
}

function decodeLeniently(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const length = [1, 2, 3, 4].find((length) => isCharacter(bytes.subarray(at, at + length)))
    text += length
      ? decoder.decode(bytes.subarray(at, at + length))
      : String.fromCharCode(0xdc00 + bytes[at]!)
    at += length ?? 1
  }
  return text
}

function isCharacter(bytes: Uint8Array): boolean {
  try {
    return [...decoder.decode(bytes)].length === 1
  } catch {
    return false
  }
}
