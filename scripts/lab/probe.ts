import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readDrafts } from '../drafts.ts'
import { allIds, projectRoot } from '../registry.ts'
import { UsageError } from '../usage.ts'
import { LabError } from './lab-error.ts'
import { quote, withMachine } from './machine.ts'
import { machineSpec } from './service.ts'
import type { Context, Flags } from './context.ts'

/** One run of a service's probe, for whoever writes it: TAP on stdout, the unit's journal on stderr if it fails. */
export async function probe(services: string[], flags: Flags, context: Context): Promise<number> {
  const { spec, unit, probe } = machineSpec(services, flags, context)
  if (probe === undefined || !existsSync(join(probe, 'probe.bats'))) {
    throw new UsageError(`there is no profiles/${services[0]}/probe.bats`)
  }
  if (unit === undefined) throw new UsageError(`profiles/${services[0]}/profile.yaml names no unit`)
  const file = flags['drop-in']
  if (file !== undefined && !existsSync(file)) throw new UsageError(`there is no file ${file}`)
  const dropIn = file === undefined ? undefined : readFileSync(file, 'utf8')
  if (dropIn?.trim() === '') throw new UsageError(`${file} is empty, and would prove nothing`)
  return withMachine(spec, async (machine) => {
    if (dropIn !== undefined) {
      await machine.write(`/etc/systemd/system/${unit}.d/hardening.conf`, dropIn)
    }
    const started = await machine.run(`systemctl daemon-reload; systemctl restart ${quote(unit)}`)
    const journal = async () => {
      const { stdout } = await machine.run(
        `journalctl -b --no-pager -o short-monotonic -u ${quote(unit)} | tail -60`,
      )
      process.stderr.write(stdout)
    }
    if (started.code !== 0) {
      await journal()
      throw new LabError(`${unit} does not start; its journal is above`)
    }
    const filter = flags.filter === undefined ? '' : `--filter ${quote(flags.filter)}`
    const tags =
      flags.filter === undefined
        ? withoutOptions(readFileSync(join(probe, 'probe.bats'), 'utf8'))
        : ''
    const { code, timedOut } = await machine.run(`bats --tap ${tags} ${filter} /probe/probe.bats`, {
      seconds: 600,
      env: { UNIT: unit, PLATFORM: spec.platform.id, BATS_TEST_TIMEOUT: '60' },
      onLine: (line) => void process.stdout.write(`${line}\n`),
    })
    if (timedOut) context.progress('lab: the probe was not done within 600 s')
    if (code !== 0) await journal()
    else if (isDraft(services[0])) {
      context.progress(`next: npm run lab -- tighten ${services[0]} --write, if it checks all`)
    }
    return code === 0 ? 0 : 1
  })
}

function isDraft(id = ''): boolean {
  return Object.hasOwn(readDrafts(projectRoot, allIds()).drafts, id)
}

/** The default run leaves every option's tests out; bats wants each tag by name. */
function withoutOptions(text: string): string {
  const tags = [...text.matchAll(/^# bats (?:test|file)_tags=(.*)$/gm)].flatMap(([, list = '']) =>
    list.split(','),
  )
  const options = new Set(tags.map((tag) => tag.trim()).filter((tag) => tag.startsWith('option:')))
  return options.size === 0
    ? ''
    : `--filter-tags ${quote([...options].map((tag) => `!${tag}`).join(','))}`
}
