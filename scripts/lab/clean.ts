import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cache, cacheDir } from './cache.ts'
import type { Context, Flags } from './context.ts'
import { withLock } from './lock.ts'
import { requireHost } from './require-host.ts'

/** Removes images, layers and downloads; the next run builds them again. */
export async function clean(_: string[], __: Flags, { progress }: Context): Promise<number> {
  requireHost()
  if (!existsSync(cache)) return 0
  const orElse = 'a lab is running and uses the cache; wait for it to end, then clean'
  await withLock(join(cacheDir('locks'), 'in-use'), async () => removeAll(progress), { orElse })
  return 0
}

function removeAll(progress: (line: string) => void) {
  for (const name of readdirSync(cache).filter((name) => name !== 'locks')) {
    rmSync(join(cache, name), { recursive: true, force: true })
    progress(`removed .cache/${name}`)
  }
}
