/** One entry of schema/messages.yaml. */
export interface Message {
  title: string
  group: MessageGroup
  /** Texts of which one is in the line, in any case of letters; … stands for anything in between. */
  seen: string[]
  example: string
  means: string
  look: string
  directives: string[]
  /** Lines that relax it, with {path} for the path that the line names. */
  write?: string[]
}

export type MessageGroup = 'start' | 'killed' | 'running'

/** How much of the line a message accounts for: the most that one of its texts does; 0 where none is there. */
export function messageFits({ seen }: Pick<Message, 'seen'>, line: string): number {
  const text = line.toLowerCase()
  return Math.max(0, ...seen.map((wanted) => weightIn(text, wanted.toLowerCase())))
}

/** The ids of all that a line may be, the best first. What systemd says of a start tells more than the error it repeats. */
export function messagesFor(
  line: string,
  messages: Record<string, Pick<Message, 'seen' | 'group'>>,
): string[] {
  const fits = Object.entries(messages)
    .map(([id, message]) => ({ id, group: message.group, fit: messageFits(message, line) }))
    .filter(({ fit }) => fit > 0)
    .toSorted((a, b) => b.fit - a.fit)
  const start = fits.filter(({ group }) => group === 'start')
  return (start.length > 0 ? start : fits).map(({ id }) => id)
}

/** Two halves in their order tell more than one text of their length. */
function weightIn(text: string, wanted: string): number {
  const parts = wanted.split('…')
  let from = 0
  for (const part of parts) {
    const at = text.indexOf(part, from)
    if (at < 0) return 0
    from = at + part.length
  }
  return wanted.length * parts.length
}

/** The path that a line complains of: not the program that could not be run for it. */
export function pathIn(line: string): string | undefined {
  const said = line.replace(/\bspawning \S+/, '').replace(/^\S+: ?\d+: /, '')
  const [, path] = /(?:^|[\s"'‘’“”`(=:,<[])(\/[\w.@+~-]+(?:\/[\w.@+~:-]+)*)/.exec(said) ?? []
  return path?.replace(/[.:]+$/, '')
}

/** The lines to write; one that needs a path is left out where there is none, or none that can be written. */
export function linesToWrite(lines: string[], path: string | undefined): string[] {
  return lines
    .filter((line) => path !== undefined || !line.includes('{path}'))
    .map((line) => line.replaceAll('{path}', directoryOf(path ?? '', line)))
}

/** A file is written anew and renamed, so its directory is what has to be writable. */
function directoryOf(path: string, line: string): string {
  if (!line.startsWith('ReadWritePaths=')) return path
  const at = path.lastIndexOf('/')
  const isFile = at > 0 && path.indexOf('/', 1) > 0 && /\.[a-z]{1,8}$/i.test(path.slice(at))
  return isFile ? path.slice(0, at) : path
}
