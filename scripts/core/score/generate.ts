import { values } from './generate-values.ts'
import { Random } from './random.ts'

export interface Case {
  name: string
  unit: string
  dropins: [string, string][]
}

const names = Object.keys(values)
const stems = [
  'a',
  'web',
  'foo-bar-baz',
  'foo-bar',
  'x-',
  'a--b',
  '-x',
  'foo-bar@i',
  'web@',
  'foo-bar@',
  'a@b@c',
  'x-y-@z',
]
const special = ['nobody', 'root', 'nobody@x', 'root@']
const bases =
  '10.conf 9.conf B.conf a.conf a-b.conf aB.conf a_b.conf ä.conf 10-x.conf .hidden.conf readme.txt zz.conf'.split(
    ' ',
  )

/** A unit with drop-ins that uses whatever the score looks at; most are valid, some are refused. */
export function generateCase(seed: number, { prefix = '' }: { prefix?: string } = {}): Case {
  const random = new Random(seed)
  const stem =
    prefix + (random.once(15) && prefix === '' ? random.pick(special) : random.pick(stems))
  const name = `${stem}.service`
  const unit = mainFile(random)
  const dropins: [string, string][] = []
  const directories = dropInPlaces(stem, prefix === '')
  for (let count = random.once(2) ? 0 : 1 + random.number(4); count > 0; count--) {
    const path = `${random.pick(directories)}/${random.pick(bases)}`
    if (!dropins.some(([other]) => other === path))
      dropins.push([path, file(random, random.number(5))])
  }
  const own = (text: string) => (prefix === '' ? text : withOwnBusName(text, prefix))
  return { name, unit: own(unit), dropins: dropins.map(([path, text]) => [path, own(text)]) }
}

/** Of two units with the same BusName, a manager refuses the second. */
function withOwnBusName(text: string, prefix: string): string {
  return text.replace(
    /(BusName[\s\0=\\]*)(org\.example\.X|a\.b|:1\.5)/g,
    `$1$2.${prefix.replaceAll('-', '')}`,
  )
}

/** Directories that apply, and some that do not. */
function dropInPlaces(stem: string, shared: boolean): string[] {
  const [head] = stem.split('@')
  const parts = [
    stem,
    stem,
    stem,
    `${head}@`,
    head!,
    `${head!.slice(0, head!.lastIndexOf('-', head!.length - 2) + 1)}`,
  ]
  const first = `${head!.split('-')[0]}-`
  const own = [...parts, first].filter((part) => part !== '').map((part) => `${part}.service.d`)
  return shared ? [...own, 'service.d', 'other.service.d'] : own
}

function mainFile(random: Random): string {
  const unit = random.once(4) ? `[Unit]\n${unitLines(random)}` : ''
  const exec = random.once(20) ? random.pick(odd) : random.pick(execs)
  return `${random.once(30) ? '\ufeff' : ''}${unit}${file(random, 1 + random.number(random.once(4) ? 25 : 9), exec)}`
}

const execs = [
  'ExecStart=/bin/true',
  'ExecStart=-/bin/true --x "a b"',
  'ExecStart = true',
  'ExecStart=@/bin/sh sh -c "exit 0"',
  'ExecStart=+/bin/true',
  'ExecStart=!!/bin/true %i',
]
const odd = [
  'ExecStart="/bin/true" "a\\x20b"',
  'ExecStart=|/bin/true',
  'ExecStart=|',
  'ExecStart=+-/bin/true',
  'ExecStart=+!/bin/true',
  'ExecStart=/bin/../true',
  'ExecStart=true/x',
  'ExecStart=..',
  'ExecStart="/bin/true',
  'ExecStart=;',
  'ExecStart=/bin/true \\; x ;',
  'ExecStart=/bin/true \\q',
  'ExecStart=/bin/tr\\x75e',
  'ExecReload=bin/x\nExecStart=/bin/true',
  'ExecReloadPost=bin/x\nExecStart=/bin/true',
  'RemainAfterExit=yes\nExecStop=/bin/true',
  'Type=oneshot\nExitType=cgroup\nExecStart=/bin/true',
  'Type=oneshot\nRestartForceExitStatus=1\nExecStart=/bin/true',
  'WorkingDirectory=~\nDynamicUser=yes\nExecStart=/bin/true',
  'ExecStart=bin/true',
  'ExecStart=/bin/',
  'ExecStart=/bin/true "x',
  'ExecStart=/bin/true %Z',
  'ExecStart=-bin/x',
  'ExecStop=/bin/true',
  'ExecStart=/bin/true ; /bin/false',
  'Type=oneshot\nExecStart=/bin/true\nExecStart=/bin/false',
  'ExecStart=/bin/false\nExecStart=\nExecStart=/bin/true',
  'Type=oneshot\nRestart=always\nExecStart=/bin/true',
  'Type=dbus\nExecStart=/bin/true',
  'BusName=a.b\nExecStart=/bin/true',
  'PAMName=x\nKillMode=process\nExecStart=/bin/true',
  'ExecStartPre=bin/x\nExecStart=/bin/true',
  'ExecStart=-',
]

function unitLines(random: Random): string {
  const lines = [
    'Description=x',
    'DefaultDependencies=no',
    'DefaultDependencies=yes',
    'DefaultDependencies=',
    'PrivateTmp=yes',
    'SuccessAction=reboot',
    'SuccessAction=soft-reboot',
  ]
  return random.some(lines, 2).join('\n') + '\n'
}

function file(random: Random, settings: number, exec?: string): string {
  const lines = ['[Service]']
  if (random.once(25)) lines.unshift('PrivateNetwork=yes')
  const at = random.number(settings + 1)
  for (let index = 0; index <= settings; index++) {
    if (exec !== undefined && index === at) lines.push(exec)
    else if (exec === undefined || settings > 0) lines.push(...setting(random))
    if (random.once(15)) lines.push(...random.pick(noise))
  }
  if (random.once(120)) lines.push(random.pick(fatal))
  const ending = random.once(20) ? random.pick(['\r\n', '\r', '\0', '\n\n', '\n\r']) : '\n'
  return lines.join(ending) + (random.once(10) ? '' : ending)
}

const noise = [
  ['# a comment \\'],
  ['; PrivateNetwork=yes'],
  [''],
  ['   # indented'],
  ['[Install]', 'PrivateNetwork=yes', '[Service]'],
  ['[Unit]', 'DefaultDependencies=no', '[Service]'],
  ['[X-Own]', 'PrivateNetwork=yes', '[Service]'],
  ['[service]', 'ProtectClock=yes', '[Service]'],
  ['no equals sign'],
  ['=value'],
  ['DefaultDependencies=no'],
  ['PrivateDevices=yes \\', ''],
  ['Environment=A=b \\', '[Service]'],
  ['Environment=A=b \\', 'PrivateNetwork=yes'],
  ['Environment=A=b \\\\', 'ProtectClock=yes'],
  ['[ Service ]', 'RestrictRealtime=yes', '[Service]'],
  ['privatedevices=yes'],
  ['\u00a0PrivateDevices=yes'],
  ['\ufeffProtectClock=yes'],
]
const fatal = [
  '[Service',
  '[Unit] # x',
  '[Se"rvice]',
  'Description=\udcff',
  '[]',
  'DynamicUser=perhaps',
  'PrivateTmp=\ufffe',
  '[Ser\\vice]',
]

function setting(random: Random): string[] {
  const name = random.pick(names)
  const value = values[name]!(random)
  const equals = random.once(10) ? random.pick([' = ', '= ', '\t=', ' =']) : '='
  if (!random.once(12)) return [`${name}${equals}${value}`]
  const cut = value.indexOf(' ')
  if (cut < 0) return [`${name}${equals}\\`, `${random.once(2) ? '  ' : ''}${value}`]
  const lines = [`${name}${equals}${value.slice(0, cut)} \\`, `  ${value.slice(cut + 1)}`]
  if (random.once(3)) lines.splice(1, 0, random.pick(['# between', ';', '  # x \\']))
  if (random.once(20)) lines.push('')
  return lines
}
