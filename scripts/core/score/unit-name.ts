/** The parts of a unit's name that specifiers and drop-in directories are made of. */
export interface UnitName {
  full: string
  /** Before the first `@`, or before the suffix. */
  prefix: string
  /** Between `@` and the suffix; empty for a template, undefined without `@`. */
  instance: string | undefined
  /** With its dot. */
  suffix: string
}

export function readUnitName(full: string): UnitName {
  const dot = full.lastIndexOf('.')
  const stem = dot < 0 ? full : full.slice(0, dot)
  const suffix = dot < 0 ? '' : full.slice(dot)
  const at = stem.indexOf('@')
  if (at < 0) return { full, prefix: stem, instance: undefined, suffix }
  return { full, prefix: stem.slice(0, at), instance: stem.slice(at + 1), suffix }
}

/** A template cannot be loaded as such: the tool gives it an instance. */
export function withInstance(name: UnitName, systemd: number): UnitName {
  if (name.instance !== '') return name
  const instance = systemd < 257 ? 'i' : 'test_instance'
  return { ...name, instance, full: `${name.prefix}@${instance}${name.suffix}` }
}

/** Directories of drop-ins for a unit, the strongest first, `service.d` last. */
export function dropInDirectories({ prefix, instance, suffix }: UnitName): string[] {
  const directories: string[] = []
  collect(prefix, instance)
  if (suffix !== '') directories.push(`${suffix.slice(1)}.d`)
  return directories

  function collect(prefix: string, instance: string | undefined): void {
    const at = instance === undefined ? '' : `@${instance}`
    directories.push(`${prefix}${at}${suffix}.d`)
    if (instance) collect(prefix, '')
    const stem = prefix.endsWith('-') ? prefix.slice(0, -1) : prefix
    const dash = stem.lastIndexOf('-')
    if (dash > 0) collect(stem.slice(0, dash + 1), instance === '' ? undefined : instance)
  }
}
