import type { State } from './state.ts'

/** Why systemd would not load a unit whose lines are all fine by themselves. */
export function refusalOf(state: State, systemd: number): string | undefined {
  const { service } = state
  const type = typeOf(state, systemd)
  if (service.execStart === 0 && service.execStop === 0 && !service.successAction)
    return 'it has no ExecStart, no ExecStop and no SuccessAction'
  if (service.execStart === 0 && type !== 'oneshot')
    return `it has no ExecStart, which Type=${type} needs`
  if (service.execStart === 0 && !service.successAction && !service.remainAfterExit)
    return 'it has no ExecStart, which it needs without RemainAfterExit=yes'
  if (service.execStart > 1 && type !== 'oneshot')
    return `it has ${service.execStart} commands in ExecStart, which only Type=oneshot may have`
  if (type === 'oneshot' && ['always', 'on-success'].includes(service.restart))
    return `Restart=${service.restart} does not go with Type=oneshot`
  if (type === 'oneshot' && service.exitTypeCgroup)
    return 'ExitType=cgroup does not go with Type=oneshot'
  if (type === 'oneshot' && service.restartForceExitStatus && systemd < 257)
    return 'RestartForceExitStatus does not go with Type=oneshot'
  if (type === 'dbus' && !service.busName) return 'Type=dbus needs a BusName'
  if (service.pamName && !['control-group', 'mixed'].includes(service.killMode))
    return `PAMName does not go with KillMode=${service.killMode}`
  if (state.DynamicUser && service.homeWorkingDirectory && systemd >= 256)
    return 'DynamicUser does not go with WorkingDirectory=~'
  if (
    state.privateUsersManaged &&
    (state.user || state.group || state.DynamicUser || service.pamName)
  )
    return 'PrivateUsers=managed does not go with User, Group, DynamicUser or PAMName'
  return undefined
}

function typeOf(state: State, systemd: number): string {
  const { service, loadCredentials, setCredentials, importCredentials } = state
  if (service.type) return service.type
  if (service.busName) return 'dbus'
  if (systemd >= 256 && loadCredentials.size + setCredentials.size + importCredentials > 0)
    return 'exec'
  return service.execStart > 0 ? 'simple' : 'oneshot'
}
