import { parseArgs } from 'node:util'
import { renderDropIn, renderOption } from './core/profile/render.ts'
import { stages } from './core/profile/types.ts'
import type { Stage } from './core/profile/types.ts'
import { formatProblem } from './core/problem.ts'
import { knownId, readRegistry } from './registry.ts'
import { runCommand, UsageError } from './usage.ts'

const usage =
  'usage: npm run -s render -- SERVICE [--stage NAME] [--option NAME] [--systemd VERSION]'

await runCommand(usage, () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      stage: { type: 'string' },
      option: { type: 'string' },
      systemd: { type: 'string' },
    },
  })
  const [id, ...more] = positionals
  if (!id || more.length > 0) throw new UsageError('name one service')
  knownId(id)
  const { stage, option, systemd } = values
  if (stage && !stages.includes(stage as Stage)) {
    throw new UsageError(`there is no stage ${stage}; they are ${stages.join(', ')}`)
  }
  if (stage && option) throw new UsageError('a stage and an option are two files; name one')
  if (systemd !== undefined && !/^\d{3}$/.test(systemd)) {
    throw new UsageError(`${systemd} is no systemd version; write it as 257`)
  }
  const { entries, directives, problems } = readRegistry(undefined, [id])
  const profile = entries[0]?.profile
  if (!profile) {
    for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`)
    return 1
  }
  if (profile.advice === 'skip') {
    process.stderr.write(`${id} is better left alone: see profiles/${id}/profile.yaml\n`)
    return 1
  }
  if (option && !profile.options?.[option]) {
    const known = Object.keys(profile.options ?? {}).join(', ') || 'none'
    throw new UsageError(`${id} has no option ${option}; it has ${known}`)
  }
  const how = {
    directives,
    stage: stage as Stage | undefined,
    systemd: systemd ? Number(systemd) : undefined,
  }
  process.stdout.write(option ? renderOption(profile, option, how) : renderDropIn(profile, how))
  return 0
})
