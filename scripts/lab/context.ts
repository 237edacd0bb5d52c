import type { Progress } from './progress.ts'

/** What the lab's command line may say; each command takes what it knows. */
export const flags = {
  platform: { type: 'string' },
  packages: { type: 'string' },
  unit: { type: 'string' },
  command: { type: 'string' },
  'drop-in': { type: 'string' },
  filter: { type: 'string' },
  jobs: { type: 'string' },
  all: { type: 'boolean' },
  write: { type: 'boolean' },
  cases: { type: 'string' },
  seed: { type: 'string' },
  units: { type: 'string' },
  record: { type: 'string' },
} as const

export type Flags = {
  [name in keyof typeof flags]?: (typeof flags)[name]['type'] extends 'boolean' ? boolean : string
}

/** How a command of the lab is told to stop, and where it says what it is doing. */
export interface Context {
  signal: AbortSignal
  progress: Progress['say']
  track: Progress['track']
}

/** Gives the exit code. */
export type Command = (services: string[], flags: Flags, context: Context) => Promise<number>
