import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSchema } from '../registry.ts'
import {
  foreignText,
  grantWords,
  namesOf,
  onlyNames,
  openingFirst,
  readForeign,
  withoutWord,
} from './foreign-drop-in.ts'

const { directives } = readSchema()
const text = `# from somewhere
[Service]
ProtectSystem=strict
ReadWritePaths=/var/log/x \\
  -/run/x
CapabilityBoundingSet=CAP_CHOWN CAP_KILL
CapabilityBoundingSet=~CAP_SYS_ADMIN
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
SystemCallFilter=@system-service @mount
SystemCallFilter=~@privileged
`
const items = readForeign(text, 257)
const without = (directive: string, item: string) => {
  const grant = grantWords(items, directives).find(
    (word) => word.directive === directive && word.item === item,
  )
  assert.ok(grant)
  const left = withoutWord(items, grant, directives)
  return left && foreignText(left)
}

test('the words that allow are its grants', () => {
  assert.deepEqual(
    grantWords(items, directives).map(
      ({ directive, item, line }) => `${line} ${directive} ${item}`,
    ),
    [
      '4 ReadWritePaths /var/log/x',
      '4 ReadWritePaths -/run/x',
      '6 CapabilityBoundingSet CAP_CHOWN',
      '6 CapabilityBoundingSet CAP_KILL',
      '8 RestrictAddressFamilies AF_UNIX',
      '10 SystemCallFilter @mount',
    ],
  )
})

test('one word is taken away, all else stays', () => {
  const expected = foreignText(items).replace('CAP_CHOWN CAP_KILL', 'CAP_KILL')
  assert.equal(without('CapabilityBoundingSet', 'CAP_CHOWN'), expected)
  assert.match(without('ReadWritePaths', '-/run/x') ?? '', /^ReadWritePaths=\/var\/log\/x$/m)
})

test('a list that has lost its last word allows nothing', () => {
  assert.match(
    without('RestrictAddressFamilies', 'AF_UNIX') ?? '',
    /^RestrictAddressFamilies=none$/m,
  )
  const one = readForeign('[Service]\nReadWritePaths=/srv\nSystemCallFilter=@mount\n', 257)
  const [path, calls] = grantWords(one, directives)
  assert.ok(path && calls)
  assert.equal(
    foreignText(withoutWord(one, path, directives) ?? []),
    '[Service]\nSystemCallFilter=@mount\n',
  )
  assert.equal(withoutWord(one, calls, directives), undefined)
})

test('some settings alone keep all their lines', () => {
  assert.deepEqual(namesOf(items).slice(0, 3), [
    'ProtectSystem',
    'ReadWritePaths',
    'CapabilityBoundingSet',
  ])
  assert.equal(
    foreignText(onlyNames(items, new Set(['CapabilityBoundingSet']))),
    '[Service]\nCapabilityBoundingSet=CAP_CHOWN CAP_KILL\nCapabilityBoundingSet=~CAP_SYS_ADMIN\n',
  )
})

test('what opens paths and addresses is tried before what closes all others', () => {
  const names = ['ProtectSystem', 'IPAddressDeny', 'ReadWritePaths', 'IPAddressAllow', 'Unknown']
  assert.deepEqual(openingFirst(names, directives), [
    ...['ReadWritePaths', 'IPAddressAllow'],
    ...['ProtectSystem', 'IPAddressDeny', 'Unknown'],
  ])
})
