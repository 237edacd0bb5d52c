import { orderDropIns, type UnitFile } from './drop-ins.ts'
import { readers } from './directives/index.ts'
import { readItems } from './lines.ts'
import { ScoreError } from './score-error.ts'
import { newState, type Env, type Note, type State } from './state.ts'
import { tablesOf } from './tables.ts'
import { readUnitName, withInstance } from './unit-name.ts'

export interface UnitInput {
  /** As in `nginx.service`. */
  name: string
  /** The text of the unit's main file. */
  unit: string
  /** Path and text, as in `nginx.service.d/10-x.conf`; merged as systemd would. */
  dropins?: [string, string][] | undefined
  systemd?: number | string | undefined
}

export interface LoadedUnit {
  state: State
  env: Env
  /** What systemd skips, each with its place. */
  notes: Note[]
  /** The main file's first line that systemd refuses. */
  refused: Note | undefined
}

/** Reads the main file and then its drop-ins, each as if appended. */
export function loadUnit(input: UnitInput): LoadedUnit {
  const { env, place, notes, state } = begin(input)
  if (input.unit === '') throw new ScoreError(`${input.name} is empty: systemd takes it as masked`)
  const dropIns = (input.dropins ?? []).map(([path, text]): UnitFile => ({ path, text }))
  const refused = readFile({ path: input.name, text: input.unit }, state, env, place)
  if (refused) notes.push(refused)
  for (const file of orderDropIns(env.name, dropIns)) {
    const note = readFile(file, state, env, place)
    if (note) notes.push(note)
  }
  return { state, env, notes, refused }
}

/** Applies `Key=value` of [Service] and `Unit.Key=value` of [Unit], then drop-in texts in the given order. */
export function loadSettings(
  settings: string[],
  dropIns: string[],
  input: Omit<UnitInput, 'unit' | 'dropins'>,
): LoadedUnit {
  const { env, place, notes, state } = begin(input)
  for (const setting of settings) {
    const equals = setting.indexOf('=')
    const key = setting.slice(0, Math.max(0, equals))
    const section = key.startsWith('Unit.') ? 'Unit' : 'Service'
    readers[section]!.get(section === 'Unit' ? key.slice(5) : key)?.(
      state,
      setting.slice(equals + 1),
      env,
    )
  }
  for (const [index, text] of dropIns.entries()) {
    const note = readFile({ path: `drop-in ${index + 1}`, text }, state, env, place)
    if (note) notes.push(note)
  }
  return { state, env, notes, refused: undefined }
}

interface Place {
  path: string
  line: number
  key: string
}

function begin({ name, systemd = 257 }: Pick<UnitInput, 'name' | 'systemd'>) {
  const tables = tablesOf(systemd)
  const notes: Note[] = []
  const place: Place = { path: name, line: 0, key: '' }
  const env: Env = {
    systemd: tables.systemd,
    tables,
    name: withInstance(readUnitName(name), tables.systemd),
    ignored(message) {
      notes.push({
        path: place.path,
        line: place.line,
        kind: 'ignored',
        message: `${place.key}: ${message}`,
      })
      return undefined
    },
  }
  return { env, place, notes, state: newState() }
}

/** Returns the line that ends the reading of this file, if one does. */
function readFile(file: UnitFile, state: State, env: Env, place: Place): Note | undefined {
  let section: (typeof readers)[string] | undefined
  place.path = file.path
  for (const item of readItems(file.text, env.systemd)) {
    place.line = item.line
    if (item.kind === 'section') section = readers[item.name]
    else if (item.kind === 'fatal') return fatal(item.message)
    else if (item.kind === 'setting' && section) {
      place.key = item.key
      const refusal = section.get(item.key)?.(state, item.value, env)
      if (refusal) return fatal(refusal)
    }
  }
  return undefined

  function fatal(message: string): Note {
    return { path: file.path, line: place.line, kind: 'fatal', message }
  }
}
