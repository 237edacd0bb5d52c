import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Measured, PlatformRun } from '../core/measured/types.ts'
import type { Profile } from '../core/profile/types.ts'
import { digest } from '../digest.ts'
import { readSchema } from '../registry.ts'
import { UsageError } from '../usage.ts'
import { dropInsFor } from './drop-ins.ts'
import { LabError } from './lab-error.ts'
import { newerRun, readMeasured } from './merge.ts'
import { findPlatform } from './platforms.ts'
import { measuredText, mergeRun } from './record.ts'
import type { Subject } from './subject.ts'

const directory = mkdtempSync(join(tmpdir(), 'fenced-merge-'))
after(() => rmSync(directory, { recursive: true }))

const probe = '@test "serves" {\n  true\n}\n'
const profile = {
  id: 'x',
  unit: 'x.service',
  directives: { ProtectHome: 'yes' },
} as never as Profile
const subject = {
  ...{ id: 'x', unit: 'x.service', profile, probe, catalogue: readSchema().directives },
  platform: findPlatform('debian-12'),
} as Subject
const run = (more: Partial<PlatformRun> = {}): PlatformRun => ({
  ...{ date: '2026-11-24', seconds: 1, systemd: '252', packages: { x: '1' }, kernel: '6.18' },
  ...{ unit: 'x.service', dropIn: digest(dropInsFor(subject).full), vendor: [], stages: {} },
  ...{ before: { exposure: '9.6', level: 'UNSAFE' }, after: { exposure: '9.2', level: 'UNSAFE' } },
  ...{ checks: [{ name: 'serves', before: 'pass', after: 'pass' }], attacks: {}, unenforced: [] },
  ...more,
})
const file = (made: PlatformRun, platform = 'debian-12', of = probe): Measured =>
  mergeRun(undefined, digest(of), platform, made, ['debian-13', 'debian-12'])

test('a run that fits and is another one is taken, one that is here already is not', () => {
  const recorded = file(run())
  const later = run({ date: '2026-11-25' })
  assert.equal(newerRun([file(run())], subject, recorded), undefined)
  assert.deepEqual(newerRun([file(run()), file(later)], subject, recorded), later)
  assert.deepEqual(newerRun([file(later)], subject), later)
})

test('a run of another drop-in, probe or platform is left aside', () => {
  const later = run({ date: '2026-11-25' })
  assert.equal(newerRun([file(run({ dropIn: digest('other') }))], subject), undefined)
  assert.equal(newerRun([file(later, 'debian-12', 'other')], subject), undefined)
  assert.equal(newerRun([file(later, 'debian-13')], subject), undefined)
})

test('a file that was changed, is none, or is not there is refused', () => {
  const path = join(directory, 'measured.yaml')
  const text = measuredText(file(run()))
  writeFileSync(path, text)
  assert.equal(readMeasured(path).platforms['debian-12']?.after.exposure, '9.2')
  writeFileSync(path, text.replace("'9.2'", "'1.2'"))
  assert.throws(() => readMeasured(path), /is not as the lab wrote it; measure again/)
  writeFileSync(path, 'probe: x\n')
  assert.throws(() => readMeasured(path), LabError)
  assert.throws(() => readMeasured(join(directory, 'nothing')), UsageError)
})
