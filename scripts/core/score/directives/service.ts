import { expand } from '../specifiers.ts'
import type { Service, State } from '../state.ts'
import { readCommands } from './exec.ts'
import { simplifyPath } from './paths.ts'
import { readBoolean, type Reader } from './reader.ts'

const types = 'simple exec forking oneshot dbus notify idle'.split(' ')
const restarts = 'no on-success on-failure on-abnormal on-watchdog on-abort always'.split(' ')
const killModes = 'control-group process mixed none'.split(' ')
const actions =
  'none reboot reboot-force reboot-immediate poweroff poweroff-force poweroff-immediate exit exit-force'.split(
    ' ',
  )
const laterActions =
  'soft-reboot soft-reboot-force kexec kexec-force halt halt-force halt-immediate'.split(' ')
const busName = /^(:[\w-]+(\.[\w-]+)+|[A-Za-z_-][\w-]*(\.[A-Za-z_-][\w-]*)+)$/

const set =
  (apply: (service: Service, value: string, state: State) => void): Reader =>
  (state, value) => {
    apply(state.service, value, state)
    return undefined
  }

function execReader(name: 'execStart' | 'execStop' | undefined): Reader {
  return (state, value, env) => {
    const { commands, refused } = readCommands(value, env)
    if (name) state.service[name] = value === '' ? 0 : state.service[name] + commands
    return refused
  }
}

export const serviceReaders: Record<string, Reader> = {
  ExecStart: execReader('execStart'),
  ExecStop: execReader('execStop'),
  ...Object.fromEntries(
    ['ExecCondition', 'ExecStartPre', 'ExecStartPost', 'ExecReload', 'ExecStopPost'].map((name) => [
      name,
      execReader(undefined),
    ]),
  ),
  ExecReloadPost: (state, value, env) =>
    env.systemd >= 259 ? execReader(undefined)(state, value, env) : undefined,
  Type: (state, value, env) => {
    if (types.includes(value) || (value === 'notify-reload' && env.systemd >= 253))
      state.service.type = value
    return undefined
  },
  Restart: set((service, value) => {
    if (restarts.includes(value)) service.restart = value
  }),
  RemainAfterExit: set((service, value) => {
    service.remainAfterExit = readBoolean(value) ?? service.remainAfterExit
  }),
  ExitType: (state, value, env) => {
    if (env.systemd >= 250 && (value === 'main' || value === 'cgroup'))
      state.service.exitTypeCgroup = value === 'cgroup'
    return undefined
  },
  RestartForceExitStatus: set((service, value) => {
    service.restartForceExitStatus =
      value !== '' && (service.restartForceExitStatus || isExitStatus(value))
  }),
  BusName: (state, value, env) => {
    // An empty one is no name either, and takes none away.
    if (busName.test(expand(value, env.name) ?? '')) state.service.busName = true
    return undefined
  },
  PAMName: set((service, value) => {
    service.pamName = value !== ''
  }),
  KillMode: set((service, value) => {
    if (killModes.includes(value)) service.killMode = value
  }),
  WorkingDirectory: (state, value, env) => {
    const lenient = value.startsWith('-')
    const path = lenient ? value.slice(1) : value
    if (path === '~' || value === '') {
      state.service.homeWorkingDirectory = path === '~'
      return undefined
    }
    const expanded = expand(path, env.name)
    if (expanded !== undefined && simplifyPath(expanded, env.systemd) !== undefined)
      state.service.homeWorkingDirectory = false
    else if (!lenient) return `WorkingDirectory "${value}" is neither ~ nor an absolute path`
    return undefined
  },
}

export const successAction: Reader = (state, value, env) => {
  if (actions.includes(value) || (env.systemd >= 254 && laterActions.includes(value)))
    state.service.successAction = value !== 'none'
  return undefined
}

function isExitStatus(value: string): boolean {
  return value
    .split(/\s+/)
    .some((word) => /^(SIG)?[A-Z][A-Z0-9_+-]*$/.test(word) || Number(word) <= 255)
}
