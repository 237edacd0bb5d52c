// Keys that say what a service does and when, not what it may do; the attempts take their place.
const own =
  /^(Exec(?!Paths|SearchPath)|Type$|PIDFile|Restart|BusName|Watchdog|NotifyAccess|RemainAfterExit|Standard|TTY|Sockets|File[Dd]escriptor|SuccessExit|GuessMainPID|Timeout|Kill|SendSIG|FinalKill|NonBlocking|OOMPolicy|OpenFile|USBFunction|RuntimeMaxSec)/

/** The name that the attempts' unit has beside `unit`; instances keep theirs, since %i may be part of the sandbox. */
export function attackUnitName(unit: string): string {
  return unit.includes('@') ? unit.replace(/^[^@]*/, 'fenced-attack') : 'fenced-attack.service'
}

/**
 * A unit with exactly the sandbox, user and capabilities of another that runs one command instead of its own.
 * `text` is all that `systemctl cat` prints, drop-ins in their order; `dropIns` come after it.
 */
export function attackUnit(text: string, unit: string, dropIns: string[], command: string): string {
  const lines = [text, ...dropIns].flatMap((part) => ['', ...logicalLines(part)])
  let section = ''
  const kept = lines.filter((line) => {
    section = /^\[(.*)\]$/.exec(line)?.[1] ?? section
    if (line.startsWith('[')) return false
    const key = /^[^=]*/.exec(line)?.[0].trim() ?? ''
    return section === 'Service' ? key !== '' && !own.test(key) : false
  })
  // An attacker inside the process needs no right to run programs; perl does.
  const perl = kept.some((line) => line.startsWith('NoExecPaths='))
    ? ['ExecPaths=/usr/bin/perl -/usr/lib -/usr/lib64 -/lib -/lib64']
    : []
  return [
    '[Service]',
    ...kept.map((line) => ownNames(line, unit)),
    ...perl,
    'Type=oneshot',
    `ExecStart=${command}`,
    'StandardInput=file:/run/fenced/attempts.pl',
    'StandardOutput=truncate:/run/fenced/attempts.out',
    'StandardError=journal',
    'RuntimeDirectoryPreserve=yes',
    'TimeoutStartSec=120',
    '',
  ].join('\n')
}

/** Lines that end in a backslash go on in the next; comments in between do not count (systemd.syntax(7)). */
function logicalLines(text: string): string[] {
  const lines: string[] = []
  let open = ''
  for (const line of text.split('\n')) {
    if (/^\s*[#;]/.test(line)) continue
    if (line.endsWith('\\')) {
      open += `${line.slice(0, -1)} `
    } else {
      lines.push((open + line).trim())
      open = ''
    }
  }
  return [...lines, open.trim()].filter((line) => line !== '')
}

/** %n, %N and %p stand for the unit's name, which is another here. */
function ownNames(line: string, unit: string): string {
  const name = unit.replace(/\.[a-z]+$/, '')
  const names: Record<string, string> = { n: unit, N: name, p: name.replace(/@.*/, '') }
  return line.replaceAll(/%(.)/g, (whole, letter: string) => names[letter] ?? whole)
}
