/** What the lab's command line may say; each command takes what it knows. */
export const flags = {
  platform: { type: 'string' },
  packages: { type: 'string' },
  command: { type: 'string' },
  'drop-in': { type: 'string' },
  filter: { type: 'string' },
} as const

export type Flags = Partial<Record<keyof typeof flags, string>>

/** How a command of the lab is told to stop, and where it says what it is doing. */
export interface Context {
  signal: AbortSignal
  progress: (line: string) => void
}

/** Gives the exit code. */
export type Command = (services: string[], flags: Flags, context: Context) => Promise<number>
