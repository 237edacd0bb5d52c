import { splitCat } from '../../../scripts/core/score/cat.ts'
import type { UnitTexts } from '../../../scripts/core/score/cat.ts'
import { parseUnit } from '../../../scripts/core/score/index.ts'
import { plainText } from '../pasted/plain.ts'

export interface Paste extends UnitTexts {
  /** How the text was taken, where that is not plain from the text itself. */
  remarks: string[]
  /** Nothing in it says what is run: settings to be added to a unit. */
  isDropIn: boolean
  /** Lines that were put in front of the unit's own. */
  added: number
}

export const unnamed = 'unit.service'
/** Sorts after any name that people give. */
const last = '\u{10fffe}.conf'
const bare: [string, string] = ['0-bare.conf', '[Service]\nExecStart=/bin/true\n']
const commands = new Set(['ExecStart', 'ExecStop', 'SuccessAction'])

/** A unit, drop-ins, or what `systemctl cat` prints, as people paste them. Undefined where there is nothing. */
export function readPaste(pasted: string): Paste | undefined {
  const text = withoutPrompt(plainText(pasted))
  if (text.trim() === '') return undefined
  const texts = splitCat(text) ?? splitCat(withUnit(text)) ?? asOneFile(text)
  const isDropIn = !parseUnit(texts).settings.some(({ key }) => commands.has(key))
  return { remarks: [], added: 0, ...texts, isDropIn }
}

/** A drop-in alone cannot be scored; on a unit that sets nothing else it can. */
export function asUnit(paste: Paste): Paste {
  if (!paste.isDropIn) return paste
  const remark = 'It starts nothing, so it is scored as if a unit set only this.'
  return { ...paste, dropins: [bare, ...paste.dropins], remarks: [...paste.remarks, remark] }
}

/** The second text on top of the first, where it is a drop-in; else by itself. */
export function onTop(before: Paste, after: Paste): Paste {
  if (!after.isDropIn) return after
  const own = after.dropins.map(([path, text]): [string, string] => [
    after.name === before.name ? path : baseOf(path),
    text,
  ])
  const changed = new Set(own.map(([path]) => baseOf(path)))
  const kept = before.dropins.filter(([path]) => !changed.has(baseOf(path)))
  const remark = 'It starts nothing, so it is taken as a drop-in to the unit before.'
  return {
    ...before,
    dropins: [...kept, ...own, [last, after.unit]],
    remarks: [...after.remarks, remark],
  }
}

/** Output is often copied together with the command that printed it. */
function withoutPrompt(text: string): string {
  return text.replace(/^\s*(?:[^\n]*[$#%>] *)?(?:sudo +)?systemctl +cat\b[^\n]*\n/, '').trimStart()
}

/** Where only drop-ins are there, each with its path, a unit without a line of its own in front. */
function withUnit(text: string): string {
  const unit = /^# \/\S*\/([^/\s]+\.service)\.d\/[^/\s]+\.conf\n/.exec(text)?.[1]
  return unit ? `# /etc/systemd/system/${unit}\n#\n${text}` : text
}

function asOneFile(text: string): UnitTexts & Pick<Paste, 'remarks' | 'added'> {
  const dropins: [string, string][] = []
  if (/^[ \t]*\[[^\]\n]+\]/m.test(text))
    return { name: unnamed, unit: text, dropins, remarks: [], added: 0 }
  const remarks = ['There is no section in it, so it is read as [Service].']
  return { name: unnamed, unit: `[Service]\n${text}`, dropins, remarks, added: 1 }
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
