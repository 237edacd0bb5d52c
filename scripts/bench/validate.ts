import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { syntheticRoot } from '../../site/e2e/synthetic.ts'
import { renderDropIn } from '../core/profile/render.ts'
import { exec } from '../lab/exec.ts'
import { projectRoot, readRegistry } from '../registry.ts'
import { withBorrowed } from './borrowed.ts'
import type { Figure, Section } from './figure.ts'
import { medianOf } from './median.ts'

const count = 1000

/** Seconds to check and render made-up profiles, against ajv-cli that checks the shape of the same profile.yaml alone. */
export const benchValidate: Section = async (progress) => {
  const name = `${count.toLocaleString('en')} profiles`
  progress(`validating ${name}`)
  const root = syntheticRoot(count)
  try {
    const figure: Figure = {
      what: `validate and render ${name}, measurements too`,
      value: medianOf(Array.from({ length: 5 }, () => ours(root))),
      unit: 's',
      bar: 1,
    }
    const theirs = await ofAjvCli(root)
    if (theirs === undefined) progress('ajv-cli cannot be had here')
    else figure.peers = [{ name: 'ajv-cli, shape alone', value: theirs }]
    return [figure]
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function ours(root: string): number {
  const begun = performance.now()
  const { entries, directives } = readRegistry(root)
  for (const { profile } of entries) renderDropIn(profile, { directives, systemd: 257 })
  return (performance.now() - begun) / 1000
}

/** Undefined where it cannot be had, or takes no such schema. */
function ofAjvCli(root: string): Promise<number | undefined> {
  return withBorrowed('ajv-cli@5', async (programs) => {
    const schema = join(projectRoot, 'schema/profile.schema.json')
    const files = join(root, 'profiles/*/profile.yaml')
    const ajv = join(programs, 'ajv')
    const begun = performance.now()
    const { stdout } = await exec([ajv, 'validate', '--strict=false', '-s', schema, '-d', files])
    const checked = stdout.match(/ valid$/gm)?.length ?? 0
    return checked >= count ? (performance.now() - begun) / 1000 : undefined
  })
}
