import known from '../../../schema/systemd/settings.json' with { type: 'json' }
import { nearest } from '../yaml/nearest.ts'
import { orderDropIns } from './drop-ins.ts'
import { readItems } from './lines.ts'
import { loadUnit, type UnitInput } from './load.ts'
import type { Note } from './state.ts'
import { defaultSystemd } from './tables.ts'
import { readUnitName } from './unit-name.ts'

export interface Setting {
  path: string
  line: number
  section: string
  key: string
  value: string
}

export interface ParsedUnit {
  /** Of the main file and the drop-ins that apply, in the order in which they take effect. */
  settings: Setting[]
  /** What systemd skips or refuses, unknown settings included; sorted by file and line. */
  notes: Note[]
}

/** Reads a unit with its drop-ins merged, and tells what in it has no effect. */
export function parseUnit(input: UnitInput): ParsedUnit {
  const { name, unit, systemd = defaultSystemd } = input
  const dropIns = (input.dropins ?? []).map(([path, text]) => ({ path, text }))
  const files = [{ path: name, text: unit }, ...orderDropIns(readUnitName(name), dropIns)]
  const settings: Setting[] = []
  const notes: Note[] = unit === '' ? [] : loadUnit(input).notes
  for (const { path, text } of files) {
    let section: string | undefined
    for (const item of readItems(text, Number(systemd))) {
      const { line } = item
      if (item.kind === 'section') section = item.name
      if (item.kind === 'section' && !isKnownSection(item.name))
        notes.push({
          path,
          line,
          kind: 'unknown',
          message: `[${item.name}] is no section of a service; what follows is ignored`,
        })
      if (item.kind === 'stray') notes.push({ path, line, kind: 'ignored', message: item.message })
      if (item.kind !== 'setting') continue
      const { key, value } = item
      if (section === undefined)
        notes.push({
          path,
          line,
          kind: 'ignored',
          message: `${key} stands before any section; it is ignored`,
        })
      else {
        settings.push({ path, line, section, key, value })
        const note = unknownSetting(section, key, Number(systemd))
        if (note) notes.push({ path, line, kind: 'unknown', ...note })
      }
    }
  }
  const order = new Map(files.map(({ path }, index) => [path, index]))
  notes.sort((a, b) => order.get(a.path)! - order.get(b.path)! || a.line - b.line)
  return { settings, notes }
}

const sections: Record<string, Record<string, string>> = known

function isKnownSection(name: string): boolean {
  return Object.hasOwn(sections, name) || name.startsWith('X-')
}

/** Says nothing in a section that is ignored as a whole. */
function unknownSetting(
  section: string,
  key: string,
  systemd: number,
): Pick<Note, 'message' | 'meant'> | undefined {
  if (!Object.hasOwn(sections, section) || key.startsWith('X-')) return undefined
  const names = settingsOf(section, systemd)
  if (names.has(key)) return undefined
  const home = Object.keys(sections).find((other) => settingsOf(other, systemd).has(key))
  if (home) return { message: `${key} belongs in [${home}], not in [${section}]; it is ignored` }
  const span = spanOf(section, key)
  if (span) return { message: `${key} is unknown to systemd ${systemd} (${span}); it is ignored` }
  const meant = nearest(key, names)
  const message = `${key} is no setting that systemd ${systemd} knows; it is ignored`
  return meant ? { message, meant } : { message }
}

const cache = new Map<string, Set<string>>()

/** The settings that a version knows in a section. */
export function settingsOf(section: string, systemd: number): Set<string> {
  const id = `${section} ${systemd}`
  let names = cache.get(id)
  if (!names) {
    names = new Set()
    for (const [span, list] of Object.entries(sections[section] ?? {})) {
      const [first, last] = span.split('-').map(Number)
      if (first! <= systemd && (!last || systemd <= last))
        for (const name of list.split(' ')) names.add(name)
    }
    cache.set(id, names)
  }
  return names
}

function spanOf(section: string, key: string): string | undefined {
  for (const [span, list] of Object.entries(sections[section]!)) {
    if (!list.split(' ').includes(key)) continue
    const [first, last] = span.split('-')
    return last ? `gone after ${last}` : `known to ${first}`
  }
  return undefined
}
