import { removeBits, setBit, noBits, type Bits } from './bits.ts'
import { isStrictUserName } from './directives/users.ts'
import { capabilities } from './names.ts'
import { capabilityWords, type State } from './state.ts'
import type { UnitName } from './unit-name.ts'

export function capabilityBits(names: string[]): Bits {
  const bits = noBits(capabilityWords)
  for (const name of names) setBit(bits, capabilities.indexOf(`CAP_${name}`))
  return bits
}

const ofDevices = capabilityBits(['MKNOD', 'SYS_RAWIO'])
const ofModules = capabilityBits(['SYS_MODULE'])
const ofLogs = capabilityBits(['SYSLOG'])
const ofClock = capabilityBits(['SYS_TIME', 'WAKE_ALARM'])

/** What settings do to each other, once all files are read. */
export function imply(state: State, name: UnitName, systemd: number): void {
  if (state.PrivateDevices) removeBits(state.boundingSet, ofDevices)
  if (state.ProtectKernelModules) removeBits(state.boundingSet, ofModules)
  if (state.ProtectKernelLogs) removeBits(state.boundingSet, ofLogs)
  if (state.ProtectClock) removeBits(state.boundingSet, ofClock)
  if (state.DynamicUser) implyDynamicUser(state, name)
  if (state.PrivateDevices && state.devicePolicy === 'auto') state.devicePolicy = 'closed'
  if (state.devicePolicy !== 'auto' || state.devices > 0)
    if (
      state.rootImage !== '' ||
      state.mountImages > 0 ||
      state.rootMStack ||
      state.ProtectClock ||
      (systemd < 258 && hasEncryptedCredential(state))
    )
      state.devices++
}

function implyDynamicUser(state: State, name: UnitName): void {
  if (state.user === '') state.user = isStrictUserName(name.prefix) ? name.prefix : '_du'
  state.PrivateTmp = true
  state.RemoveIPC = true
  state.protectSystem = 'strict'
  state.NoNewPrivileges = true
  state.RestrictSUIDSGID = true
  if (state.protectHome === 'no') state.protectHome = 'read-only'
}

function hasEncryptedCredential({ loadCredentials, setCredentials }: State): boolean {
  for (const encrypted of loadCredentials.values()) if (encrypted) return true
  for (const encrypted of setCredentials.values()) if (encrypted) return true
  return false
}
