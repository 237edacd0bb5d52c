import { archivesOf } from './published/archives.ts'
import type { Archive } from './published/archives.ts'
import { readSiteData } from './registry.ts'

const code = import.meta.glob<string>('./ansible/fenced/**/*.{md,yml}', {
  query: '?raw',
  import: 'default',
  eager: true,
})

let archives: Promise<Archive[]> | undefined

/** Packs them once a build. */
export function readArchives(): Promise<Archive[]> {
  if (import.meta.env.DEV) return pack()
  return (archives ??= pack())
}

async function pack(): Promise<Archive[]> {
  const files = Object.entries(code).map(([path, text]) => ({
    path: path.replace('./ansible/fenced/', ''),
    text,
  }))
  return archivesOf(files, await readSiteData())
}
