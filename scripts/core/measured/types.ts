/** What the lab writes into profiles/ID/measured.yaml. Exposures are text with one decimal, as systemd prints them. */
export interface Measured {
  /** sha256 of probe.bats as it was run. */
  probe: string
  platforms: Record<string, PlatformRun>
  /** sha256 over everything else in this file, so that an edit by hand shows. */
  seal: string
}

export interface Score {
  exposure: string
  level: string
}

export interface PlatformRun {
  date: string
  /** Wall-clock seconds that the run took. */
  seconds: number
  /** Major version, as in `--systemd 257`. */
  systemd: string
  /** Full version of each package that was measured, systemd included. */
  packages: Record<string, string>
  kernel: string
  /** The unit that was started, instance included. */
  unit: string
  /** sha256 of the drop-in that was installed, as rendered for this systemd. */
  dropIn: string
  /** What the package's own unit sets of the catalogue, in order, as `Key=value`; [Unit] keys as `Unit.Key=value`. */
  vendor: string[]
  before: Score
  /** Cumulative, in stage order; only stages that the profile uses. */
  stages: Record<string, Score & { checks: number }>
  after: Score
  checks: Check[]
  attacks: Record<string, AttackResult>
  /** Directives that this host could not enforce in the machine. */
  unenforced: string[]
  /** Each grant taken away once on the first platform; on the others those that nothing needed there. */
  grants?: Experiment[]
  /** Only on the first platform: each leftOut set once. */
  leftOut?: Experiment[]
  options?: Record<string, OptionRun>
  /** Only with advice: skip: each reason's directives tried once. */
  reasons?: Record<string, Experiment>
}

export interface Check {
  name: string
  before: 'pass' | 'fail'
  after: 'pass' | 'fail'
}

/** `open`: it succeeded; `blocked`: it was refused; `absent`: there was nothing to try here. */
export type Outcome = 'open' | 'blocked' | 'absent'

export interface AttackResult {
  before: Outcome
  after: Outcome
}

/** One change to the drop-in and what the probe said of it. */
export interface Experiment {
  directive: string
  /** The item taken away, or the value tried. */
  item: string
  /** True when the probe or the start failed with the change: the grant is needed, the leftOut is right. */
  breaks: boolean
  /** The check that failed first, or `start`. */
  check?: string
  /** The journal's or the check's own message, without times and process ids. */
  message?: string
}

export interface OptionRun extends Score {
  dropIn: string
  checks: Check[]
  grants?: Experiment[]
}
