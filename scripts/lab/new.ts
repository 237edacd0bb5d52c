import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { idForm, reservedIds } from '../core/rules/id.ts'
import { withDraft } from '../drafts.ts'
import { projectRoot, readRegistry } from '../registry.ts'
import { UsageError } from '../usage.ts'
import { handOver, replaceFile } from './cache.ts'
import type { Context, Flags } from './context.ts'
import { draftProfile } from './draft.ts'
import { readJobs } from './jobs.ts'
import { createLab } from './lab.ts'
import { LabError } from './lab-error.ts'
import { withMachine } from './machine.ts'
import { findPlatform, readPlatforms } from './platforms.ts'
import { createPool } from './pool.ts'
import { checkNames, draftProbe } from './probe-draft.ts'
import { draftHead } from './profile-draft.ts'
import { requireHost } from './require-host.ts'
import { subjectOf } from './subject.ts'
import { findUnit, surveyUnit } from './survey.ts'
import type { Survey } from './survey.ts'
import { tightenSubject } from './tightening.ts'
import { runTrial } from './trial.ts'

/** Drafts a profile and a probe from what the package's own unit says, and then what `tighten` finds. */
export async function newProfile(services: string[], flags: Flags, context: Context) {
  const id = idOf(services)
  const jobs = readJobs(flags.jobs)
  const packages = flags.packages?.split(/[\s,]+/).filter(Boolean) ?? [id]
  const directory = join(projectRoot, 'profiles', id)
  if (existsSync(directory))
    throw new LabError(`profiles/${id} is there already; nothing is written`)
  const platform = flags.platform === undefined ? readPlatforms()[0] : findPlatform(flags.platform)
  if (!platform) throw new UsageError('which platform?')
  requireHost()

  const { signal, progress, track } = context
  progress(`${id}: looking at ${packages.join(' ')} on ${platform.id}`)
  const survey = await withMachine({ platform, packages, signal, progress }, async (machine) => {
    const unit = flags.unit ?? (await findUnit(machine, id, packages))
    return surveyUnit(machine, unit, packages)
  })
  write(id, packages, survey)
  progress(`wrote profiles/${id}/profile.yaml and probe.bats, and a line in profiles/drafts.yaml`)
  if (!survey.started) {
    progress(
      `${survey.unit} does not start as installed. Give it what it needs in setup_file of probe.bats; then`,
    )
    progress(`next: npm run lab -- tighten ${id} --write finds the directives`)
    return 1
  }

  const read = () => {
    const { entries, directives } = readRegistry(projectRoot, [id])
    const [entry] = entries
    if (!entry)
      throw new LabError(
        `profiles/${id}/profile.yaml cannot be read; run npm run validate -- ${id}`,
      )
    return { subject: subjectOf(entry, platform, directives), directives }
  }
  const onCount = (done: number, planned: number) => track(`${id} on ${platform.id}`, done, planned)
  const lab = createLab({ pool: createPool(jobs), signal, progress, onCount })
  const { checks } = await lab.onMachine(read().subject, (machine) =>
    runTrial(machine, read().subject, {}),
  )
  const idle = checkNames(survey).filter(
    (name) => checks.find((check) => check.name === name)?.outcome !== 'pass',
  )
  for (const name of idle)
    progress(`left out of the probe, for it fails without any drop-in: "${name}"`)
  replaceFile(join(directory, 'probe.bats'), draftProbe(id, survey, idle))

  progress(`finding the tightest directives that these ${checks.length - idle.length} checks allow`)
  const { subject, directives } = read()
  const found = await tightenSubject(lab, subject, progress)
  const path = join(directory, 'profile.yaml')
  replaceFile(path, draftProfile(readFileSync(path, 'utf8'), found, directives))
  progress(
    `${id} on ${platform.id}: ${found.before} → ${found.after}, every check of the draft passing`,
  )
  for (const line of nextSteps(id)) progress(line)
  return 0
}

function idOf(services: string[]): string {
  const [id, ...more] = services
  if (id === undefined || more.length > 0) throw new UsageError('name one service')
  if (!idForm.test(id) || reservedIds.includes(id)) {
    throw new UsageError(
      `${id} cannot be an id; name it in lower-case letters, digits and single dashes, and the package with --packages`,
    )
  }
  return id
}

/** Both files, or none of them. */
function write(id: string, packages: string[], survey: Survey) {
  const directory = join(projectRoot, 'profiles', id)
  const drafts = join(projectRoot, 'profiles', 'drafts.yaml')
  const before = existsSync(drafts) ? readFileSync(drafts, 'utf8') : ''
  mkdirSync(directory)
  handOver(directory)
  try {
    replaceFile(join(directory, 'profile.yaml'), draftHead(id, packages, survey))
    replaceFile(join(directory, 'probe.bats'), draftProbe(id, survey))
    replaceFile(drafts, withDraft(before, id, 'not measured'))
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

function nextSteps(id: string): string[] {
  return [
    `next, in this order:`,
    `  edit profiles/${id}/probe.bats              what would people miss? The draft knows only what any service has`,
    `  npm run lab -- probe ${id}                  one run of it; with --platform debian-12 on another release`,
    `  npm run lab -- tighten ${id} --write        the directives once more, with the better probe; your reasons stay`,
    `  npm run validate -- ${id}                   names each reason that you have yet to write`,
    `  npm run lab -- measure ${id}                proves it on every platform`,
  ]
}
