import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scoreUnit } from '../../../scripts/core/score/index.ts'
import { asUnit, onTop, readPaste } from './read-paste.ts'

const unit = '[Service]\nExecStart=/bin/true\n'
const dropIn = '[Service]\nPrivateNetwork=yes\n'
const cat = `# /usr/lib/systemd/system/a.service\n${unit}\n# /etc/systemd/system/a.service.d/x.conf\n${dropIn}`
const read = (text: string) => readPaste(text)!
const isSet = (paste: ReturnType<typeof read>) =>
  scoreUnit(paste).rows.find(({ field }) => field === 'PrivateNetwork')!.set

test('nothing gives nothing', () => {
  for (const text of ['', ' \n\t', '\u001b[0m\n']) assert.equal(readPaste(text), undefined)
})

test('what systemctl cat prints is split, also with the command in front and colours in it', () => {
  const dressed = [
    cat,
    `$ systemctl cat a.service\n${cat}`,
    `root@host:~# sudo systemctl cat a\n${cat}`,
    `\n\n${cat.replaceAll('\n', '\r\n')}`,
    cat.replace(/^# \S+/, '\u001b[0;1;34m$&\u001b[0m'),
  ]
  for (const text of dressed) {
    const paste = read(text)
    assert.equal(paste.name, 'a.service')
    assert.deepEqual(
      paste.dropins.map(([path]) => path),
      ['/etc/systemd/system/a.service.d/x.conf'],
    )
    assert.equal(isSet(paste), true, text)
  }
})

test('a drop-in alone is scored as if a unit set only that, with or without its path or section', () => {
  for (const text of [
    dropIn,
    `# /etc/systemd/system/a.service.d/x.conf\n${dropIn}`,
    'PrivateNetwork=yes',
  ]) {
    const paste = read(text)
    assert.equal(paste.isDropIn, true, text)
    assert.equal(isSet(asUnit(paste)), true, text)
    assert.match(asUnit(paste).remarks.at(-1)!, /as if a unit set only this/)
  }
  assert.equal(asUnit(read(unit)).remarks.length, 0)
})

test('a text without a section says how it is read, and keeps count of its lines', () => {
  const paste = read('PrivateNetwork=yes')
  assert.match(paste.remarks[0]!, /read as \[Service\]/)
  assert.equal(paste.added, 1)
})

test('a drop-in as the second text comes on top of the first', () => {
  const before = read(cat)
  assert.equal(isSet(onTop(before, read('PrivateNetwork=no'))), false)
  const same = '# /etc/systemd/system/a.service.d/x.conf\n[Service]\nPrivateTmp=yes\n'
  assert.equal(isSet(onTop(before, read(same))), false, 'the same file, changed')
  const other = same.replaceAll('x.conf', 'y.conf')
  assert.equal(isSet(onTop(before, read(other))), true, 'one more file')
  assert.equal(isSet(onTop(read(unit), read(dropIn))), true)
})

test('a whole unit as the second text stands by itself', () => {
  assert.deepEqual(onTop(read(cat), read(unit)), read(unit))
})
