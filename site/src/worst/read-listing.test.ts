import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readListing } from './read-listing.ts'

const table = `UNIT                                 EXPOSURE PREDICATE HAPPY
dbus.service                              9.5 UNSAFE    😨
nginx.service                             9.6 UNSAFE    😨
postgresql@17-main.service                9.2 UNSAFE    😨
systemd-journald.service                  4.3 OK        🙂
serial-getty@ttyS0.service               10.0 DANGEROUS 😱
systemd-fsck@dev-disk-by\\x2duuid.service  0.1 SAFE      😀
`
const wanted = [
  'serial-getty@ttyS0.service 10.0 DANGEROUS',
  'nginx.service 9.6 UNSAFE',
  'dbus.service 9.5 UNSAFE',
  'postgresql@17-main.service 9.2 UNSAFE',
  'systemd-journald.service 4.3 OK',
  'systemd-fsck@dev-disk-by\\x2duuid.service 0.1 SAFE',
]
const read = (text: string) =>
  readListing(text).map(({ unit, exposure, level }) => `${unit} ${exposure} ${level}`)

test('the table as systemd prints it', () => {
  assert.deepEqual(read(table), wanted)
})

test('however it was dressed on its way', () => {
  const dressed = {
    'without faces': table.replace(/ +\p{Extended_Pictographic}$/gmu, ''),
    'with faces of letters': table.replace(/\p{Extended_Pictographic}/gu, ':-{'),
    'without the header': table.slice(table.indexOf('\n') + 1),
    'with a prompt': `$ systemd-analyze security --no-pager\n${table}$ `,
    'with line ends of Windows': table.replaceAll('\n', '\r\n'),
    'with colours': table.replace(/UNSAFE/g, '\u001b[0;1;38;5;185mUNSAFE\u001b[0m'),
    'with links': table.replace(
      /^\S+\.service/gm,
      (unit) => `\u001b]8;;file://host/lib/${unit}\u001b\\${unit}\u001b]8;;\u001b\\`,
    ),
    'wrapped in a narrow window': table.replace(/ +(?=\d)/g, '\n    '),
    'wrapped before the level': table.replace(/(\d\.\d) /g, '$1\n'),
    'quoted in a mail': table.replace(/^/gm, '> '),
    'in a table of Markdown': table.replace(/^(\S+) +(\S+) (\S+).*$/gm, '| $1 | $2 | $3 |'),
    'with spaces that do not break': table.replaceAll(' ', '\u00a0'),
    'in one line': table.replaceAll('\n', ' '),
  }
  for (const [how, text] of Object.entries(dressed)) assert.deepEqual(read(text), wanted, how)
})

test('JSON, short and pretty', () => {
  const items = wanted.map((text) => {
    const [unit, exposure, predicate] = text.split(' ')
    return { unit, exposure, predicate, happy: '😨' }
  })
  assert.deepEqual(read(JSON.stringify(items)), wanted)
  assert.deepEqual(read(`$ systemd-analyze\n${JSON.stringify(items, null, 2)}\n`), wanted)
  const numbers = items.map((item) => ({ ...item, exposure: Number(item.exposure) + 0.05 }))
  assert.deepEqual(read(JSON.stringify(numbers)), [], 'a figure that systemd would not print')
  assert.deepEqual(read('[{"unit":1},null,{"exposure":"9.6"},{"unit":"a","exposure":"x"}]'), [])
})

test('names that a narrow terminal cut off say so', () => {
  const [cut] = readListing('systemd-networkd-wait-on…      9.6 UNSAFE    😨\n')
  assert.deepEqual(cut, {
    unit: 'systemd-networkd-wait-on',
    exposure: '9.6',
    level: 'UNSAFE',
    isCut: true,
  })
})

test('the answer for one unit', () => {
  const text =
    '✗ PrivateNetwork=  Service has access to the network  0.5\n\n→ Overall exposure level for nginx.service: 9.6 UNSAFE 😨\n'
  assert.deepEqual(read(text), ['nginx.service 9.6 UNSAFE'])
})

test('a unit that stands there twice counts once', () => {
  assert.deepEqual(read(table + table), wanted)
})

test('anything else gives nothing', () => {
  for (const text of [
    '',
    'hello',
    'nginx.service active running',
    '9.6 UNSAFE',
    '[{',
    '[]',
    '[{}]',
  ])
    assert.deepEqual(read(text), [], text)
})

test('a long text without end takes no long time', () => {
  const started = performance.now()
  readListing('a'.repeat(200_000))
  readListing('a.service '.repeat(20_000))
  readListing('[{'.repeat(50_000))
  assert.ok(performance.now() - started < 2000)
})
