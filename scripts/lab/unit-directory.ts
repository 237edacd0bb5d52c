import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { UnitInput } from '../core/score/index.ts'
import { decodeText } from '../core/score/text-bytes.ts'
import { UsageError } from '../usage.ts'

/** Every service of a directory, with the drop-ins in the `.d` directory that stands beside it. */
export function readUnits(directory: string): UnitInput[] {
  if (!existsSync(directory)) throw new UsageError(`there is no directory ${directory}`)
  const read = (...path: string[]) => decodeText(readFileSync(join(directory, ...path)))
  const names = (...path: string[]) =>
    readdirSync(join(directory, ...path), { withFileTypes: true })
      .filter((item) => item.isFile())
      .map(({ name }) => name)
      .toSorted()
  return names()
    .filter((name) => name.endsWith('.service'))
    .map((name) => {
      const own = `${name}.d`
      const dropins = existsSync(join(directory, own)) ? names(own) : []
      return {
        name,
        unit: read(name),
        dropins: dropins.map((base): [string, string] => [`${own}/${base}`, read(own, base)]),
      }
    })
}
