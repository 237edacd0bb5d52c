import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scoreSettings } from '../core/score/index.ts'
import { differences, parseExposure } from './exposure.ts'

const text = `  NAME   DESCRIPTION   EXPOSURE

→ Overall exposure level for memcached.service: 4.6 OK :-)
`
const json =
  '[{"set":false,"name":"RootDirectory=/RootImage=","json_field":"RootDirectoryOrRootImage","description":"d","exposure":"0.1"},{"set":null,"name":"RemoveIPC=","json_field":"RemoveIPC","description":"d","exposure":null}]'

test('parseExposure reads the closing line and the rows', () => {
  assert.deepEqual(parseExposure(text, json), {
    exposure: '4.6',
    level: 'OK',
    rows: { RootDirectoryOrRootImage: [false, '0.1'], RemoveIPC: [null, null] },
  })
  assert.equal(parseExposure('Failed to get properties', ''), undefined)
})

const ours = scoreSettings(['NoNewPrivileges=yes'], 257)
const same = {
  exposure: ours.exposure,
  level: ours.level,
  rows: Object.fromEntries(
    ours.rows.map(({ field, set, exposure }): [string, [boolean | null, string | null]] => [
      field,
      [set, exposure],
    ]),
  ),
}

test('differences is empty where scorer and systemd agree', () => {
  assert.deepEqual(differences(same, ours), [])
})

test('differences names every row and the sum', () => {
  const { UMask: _, ...rows } = same.rows
  const theirs = {
    ...same,
    exposure: '1.0',
    rows: {
      ...rows,
      NoNewPrivileges: [false, '0.2'] as [boolean, string],
      New: [true, null] as [boolean, null],
    },
  }
  assert.deepEqual(
    differences(theirs, ours).map((line) => line.split(':')[0]),
    ['NoNewPrivileges', 'New', 'UMask', 'exposure'],
  )
})
