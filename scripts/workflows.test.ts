import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { projectRoot } from './registry.ts'

interface Job {
  permissions?: Record<string, string>
  uses?: string
  steps?: { uses?: string; run?: string; with?: Record<string, unknown> }[]
}
interface Workflow {
  on: Record<string, unknown>
  permissions: Record<string, string>
  jobs: Record<string, Job>
}

const directory = join(projectRoot, '.github', 'workflows')
const workflows = readdirSync(directory).map((name) => {
  const text = readFileSync(join(directory, name), 'utf8')
  return { name, text, workflow: parse(text) as Workflow }
})
const jobsOf = ({ workflow }: (typeof workflows)[number]) => Object.entries(workflow.jobs)

test('the workflows are those that there should be', () => {
  const names = workflows.map(({ name }) => name)
  assert.deepEqual(names.toSorted(), [
    'deploy.yml',
    'lab.yml',
    'measure.yml',
    'nightly.yml',
    'test.yml',
  ])
})

test('every action is pinned by its full hash, with the version beside it', () => {
  for (const { name, text } of workflows) {
    for (const [line, action = ''] of text.matchAll(/^.*\buses: (\S+).*$/gm)) {
      if (action.startsWith('./')) continue
      assert.match(line, /uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, name)
    }
  }
})

test('an action has the same hash wherever it is used', () => {
  const pins = new Map<string, string>()
  for (const { text } of workflows) {
    for (const [, action = '', pin = ''] of text.matchAll(/uses: ([\w./-]+)@(.*)$/gm)) {
      assert.equal(pins.get(action) ?? pin, pin)
      pins.set(action, pin)
    }
  }
})

test('a token can only read, but for the jobs that run nothing of the repository', () => {
  for (const each of workflows) {
    assert.deepEqual(each.workflow.permissions, { contents: 'read' }, each.name)
    for (const [job, { permissions, steps = [] }] of jobsOf(each)) {
      if (!Object.values(permissions ?? {}).includes('write')) continue
      const runs = steps.flatMap(({ run = '', uses = '' }) => [run, uses]).join('\n')
      assert.doesNotMatch(runs, /\b(npm|node)\b|actions\/checkout/, `${each.name} ${job}`)
    }
  }
})

test('what a stranger sends meets no secret and no right to write', () => {
  for (const each of workflows) {
    const { name, text, workflow } = each
    assert.doesNotMatch(text, /\bsecrets[.:[]/, name)
    for (const event of ['pull_request_target', 'workflow_run', 'issue_comment']) {
      assert.ok(!(event in workflow.on), `${name} ${event}`)
    }
    if (!('pull_request' in workflow.on)) continue
    for (const [job, { permissions }] of jobsOf(each)) {
      assert.equal(permissions, undefined, `${name} ${job}`)
    }
  }
})

test('nothing that others chose is pasted into a script, and no checkout leaves its token behind', () => {
  for (const each of workflows) {
    for (const [job, { steps = [] }] of jobsOf(each)) {
      for (const { uses = '', run = '', with: given = {} } of steps) {
        assert.doesNotMatch(run, /\$\{\{/, `${each.name} ${job}`)
        if (uses.startsWith('actions/checkout@')) {
          assert.equal(given['persist-credentials'], false, `${each.name} ${job}`)
        }
      }
    }
  }
})
