/** Everything that a link to the page carries. */
export interface Shared {
  unit: string
  /** The second version; empty where there is none. */
  after: string
  systemd: string
}

/** No unit is longer; a link that says so was made to harm. */
const longest = 1 << 18

/** The part of the address after `#`, which a browser keeps to itself. */
export async function writeFragment({ unit, after, systemd }: Shared): Promise<string> {
  const parts = new URLSearchParams({ unit: await pack(unit) })
  if (after) parts.set('after', await pack(after))
  parts.set('systemd', systemd)
  return `#${parts}`
}

/** Undefined for a fragment that carries no unit, or one that cannot be read. */
export async function readFragment(fragment: string): Promise<Shared | undefined> {
  const parts = new URLSearchParams(fragment.replace(/^#/, ''))
  const unit = parts.get('unit')
  if (!unit) return undefined
  try {
    const after = parts.get('after')
    return {
      unit: await unpack(unit),
      after: after ? await unpack(after) : '',
      systemd: parts.get('systemd') ?? '',
    }
  } catch {
    return undefined
  }
}

async function pack(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'))
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer())
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

async function unpack(text: string): Promise<string> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let result = ''
  for await (const chunk of chunksOf(stream)) {
    result += decoder.decode(chunk, { stream: true })
    if (result.length > longest) throw new RangeError('too long')
  }
  return result + decoder.decode()
}

/** Not every browser walks through a stream by itself. */
async function* chunksOf(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel()
  }
}
