/** A value as people write it: plain; a list of items that only tighten; or items that loosen, each with its reason. */
export type Value = string | string[] | Record<string, string>

export type Directives = Record<string, Value>

/** Either one text for all platforms, or one a platform (`php8.2-fpm.service` on debian-12). */
export type ByPlatform<T> = T | Record<string, T>

export interface Option {
  question: string
  directives: Directives
  /** List directives that this option sets anew instead of adding to. */
  replaces?: string[]
  /** Checks of the default profile that this option gives up on purpose, each with the reason. */
  gives?: Record<string, string>
}

/** Why an entry advises against hardening, with the directives that show it when tried. */
export interface SkipReason {
  why: string
  directives: Directives
}

export interface Profile {
  /** The directory name under profiles/, and the URL segment. */
  id: string
  name: string
  summary: string
  category: string
  keywords: string[]
  homepage: string
  unit: ByPlatform<string>
  /** The instance of a template unit that the lab starts. */
  instance?: ByPlatform<string>
  packages: ByPlatform<string[]>
  /** What only the probe needs (clients), installed beside the service. */
  probePackages?: ByPlatform<string[]>
  /** Shell commands, run as root before the unit can start at all. */
  setup?: string[]
  /** Platforms without this service, each with the reason. */
  notOn?: Record<string, string>
  directives?: Directives
  leftOut?: Record<string, string>
  options?: Record<string, Option>
  advice?: 'skip'
  reasons?: Record<string, SkipReason>
}

export const stages = [
  'filesystem',
  'privilege',
  'kernel',
  'network',
  'syscalls',
  'extras',
] as const
export type Stage = (typeof stages)[number]

/** What the value of a directive is made of; decides how it is checked, granted and rendered. */
export type DirectiveType =
  | 'switch'
  | 'enum'
  | 'octal'
  | 'text'
  | 'capabilities'
  | 'families'
  | 'namespaces'
  | 'syscalls'
  | 'architectures'
  | 'errno'
  | 'paths'
  | 'addresses'
  | 'devices'
  | 'directories'
  | 'names'
  | 'binds'
  | 'number'

/** One entry of schema/directives.yaml. */
export interface DirectiveInfo {
  stage: Stage
  type: DirectiveType
  /** For switch and enum: every allowed value, loosest first, strictest last. */
  values?: string[]
  /** First systemd version that knows the directive; 183 stands for that or an older one. */
  since: number
  /** First version of single values where that is later than `since`. */
  valuesSince?: Record<string, number>
  /** The value that the lab tries first; absent where there is none (paths that grant). */
  strictest?: string
  /** For lists that grant: the lines that come before the grants, each in systemd's spelling. */
  base?: string[]
  /** The items loosen (each needs a reason and a proof) or tighten. */
  items?: 'grant' | 'tighten'
  /** True where a profile must set it or say in leftOut why not. */
  account: boolean
  /** Where one of these is set to its strictest, this one is accounted for. */
  coveredBy?: string[]
  /** json_field prefix or names of the score's rows that it moves. */
  rows: string[]
  /** The man page that describes it. */
  docs?: string
  what: string
  breaks: string
  conflicts?: Record<string, string>
}

/** One entry of schema/attacks.yaml. */
export interface Attack {
  title: string
  what: string
  /** Directives of which each, set to its strictest, stops the attack by itself. */
  stoppedBy: string[]
}
