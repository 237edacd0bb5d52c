import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainText } from './plain.ts'

test('what a terminal adds goes away, the text stays', () => {
  const cases: [string, string][] = [
    ['\u001b[0;1;31mUNSAFE\u001b[0m', 'UNSAFE'],
    ['\u001b]8;;file://host/a.service\u001b\\a.service\u001b]8;;\u001b\\', 'a.service'],
    ['\u001b]8;;file://host/a\u0007a.service\u001b]8;;\u0007', 'a.service'],
    ['a\r\nb\rc\n', 'a\nb\nc\n'],
    ['\ufeffa\u00a0b', 'a b'],
    ['[Service]\n# 100 %\n', '[Service]\n# 100 %\n'],
  ]
  for (const [given, wanted] of cases) assert.equal(plainText(given), wanted)
})
