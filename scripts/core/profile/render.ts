import { origin } from '../site.ts'
import { stages } from './types.ts'
import type { DirectiveInfo, Directives, Profile, Stage, Value } from './types.ts'
import { isSingle, itemsOf, reasonOf, unitsOf } from './values.ts'
import type { Catalogue } from './values.ts'

export interface RenderOptions {
  directives: Catalogue
  /** The last stage to include; all of them without it. */
  stage?: Stage | undefined
  /** Leave out what this major version does not know. */
  systemd?: number | undefined
}

/** The titles of the parts of a drop-in. */
export const stageTitles: Record<Stage, string> = {
  filesystem: 'Filesystem',
  privilege: 'Privilege',
  kernel: 'Kernel',
  network: 'Network',
  syscalls: 'System calls',
  extras: 'Extras',
}

/** The drop-in of a profile: hardening.conf, or one of its stages. The same input gives the same bytes. */
export function renderDropIn(profile: Profile, options: RenderOptions): string {
  const { stage } = options
  const upTo = stage ? stages.slice(0, stages.indexOf(stage) + 1) : stages
  const what = stage ? `hardened up to the stage ${stage}` : 'hardened'
  const head = [`# ${unitsOf(profile).join(', ')} ${what}: ${origin}/${profile.id}/`]
  head.push(...saveAs(profile, 'hardening.conf'))
  return renderFile(head, profile.directives ?? {}, upTo, options)
}

/** The drop-in of one option, to be installed beside hardening.conf; its name sorts after it, so it wins. */
export function renderOption(profile: Profile, name: string, options: RenderOptions): string {
  const option = profile.options?.[name]
  if (!option) throw new RangeError(`${profile.id} has no option ${name}`)
  const head = [`# ${unitsOf(profile).join(', ')}, option ${name}: ${origin}/${profile.id}/`]
  head.push(`# ${option.question} Then install this beside hardening.conf.`)
  head.push(...saveAs(profile, `site-${name}.conf`))
  return renderFile(head, option.directives, stages, options, new Set(option.replaces ?? []))
}

/** Any set of directives as a drop-in, for experiments that no reader installs. */
export function renderDirectives(directives: Directives, options: RenderOptions): string {
  return renderFile(['# An experiment of the lab.'], directives, stages, options)
}

function saveAs(profile: Profile, file: string): string[] {
  return unitsOf(profile).map((unit) => `# Save as /etc/systemd/system/${unit}.d/${file}`)
}

function renderFile(
  head: string[],
  directives: Directives,
  upTo: readonly Stage[],
  { directives: catalogue, systemd = Infinity }: RenderOptions,
  /** In an option: the lists that begin anew. All do in the default drop-in. */
  anew?: Set<string>,
): string {
  const blocks = upTo.flatMap((stage) => {
    const lines = Object.entries(catalogue).flatMap(([name, info]) => {
      const value = Object.hasOwn(directives, name) ? directives[name] : undefined
      if (info.stage !== stage || value === undefined) return []
      const needs = neededVersion(info, value)
      if (needs > systemd) return [`# ${name}= is left out here: it needs systemd ${needs}.`]
      return renderDirective(name, info, value, anew ? anew.has(name) : true)
    })
    return lines.length > 0 ? [[`# ${stageTitles[stage]}`, ...lines].join('\n')] : []
  })
  const [first = '', ...rest] = blocks
  return [...head, '', ['[Service]', first].join('\n'), ...rest.map((block) => `\n${block}`), '']
    .join('\n')
    .replace('[Service]\n\n', '[Service]\n')
}

/** The first systemd that knows the directive and each value in it. */
export function neededVersion(info: DirectiveInfo, value: Value): number {
  const items = itemsOf(value).map((item) => info.valuesSince?.[item] ?? 0)
  return Math.max(info.since, ...items)
}

function renderDirective(
  name: string,
  info: DirectiveInfo,
  value: Value,
  withBase: boolean,
): string[] {
  const items = itemsOf(value)
  const reasons = items.flatMap((item) => {
    const reason = reasonOf(value, item)
    if (!reason) return []
    return [`# ${isSingle(info) ? name : item}: ${reason}`]
  })
  return [...reasons, ...linesOf(info, value, withBase).map((line) => `${name}=${line}`)]
}

/** systemd reads the rest of such a line as belonging to the first item. */
const onePerLine = new Set<DirectiveInfo['type']>(['devices', 'binds'])

/** The right-hand sides that a value becomes, in order. */
function linesOf(info: DirectiveInfo, value: Value, withBase: boolean): string[] {
  const base = withBase ? (info.base ?? []) : []
  if (typeof value === 'string') return value === info.strictest && base.length > 1 ? base : [value]
  const items = itemsOf(value)
  if (isSingle(info)) return items
  if (onePerLine.has(info.type)) return [...base, ...items]
  const denied = items.filter((item) => item.startsWith('~'))
  const allowed = items.filter((item) => !item.startsWith('~'))
  const lines = [...base]
  if (denied.length > 0) lines.push(`~${denied.map((item) => item.slice(1)).join(' ')}`)
  if (allowed.length > 0) lines.push(allowed.join(' '))
  return lines
}
