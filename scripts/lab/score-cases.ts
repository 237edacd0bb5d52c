import { readAnswer } from '../core/score/recorded.ts'
import { encodeText } from '../core/score/text-bytes.ts'
import type { UnitInput } from '../core/score/index.ts'
import { LabError } from './lab-error.ts'
import type { Machine } from './machine.ts'

export interface Question extends UnitInput {
  systemd: string
  offline: boolean
}

const offlineDir = '/run/score'
const liveDir = '/run/systemd/system'
/** So many tables fit in what is kept of a program's output. */
const atOnce = 100

/** Asks the machine's own systemd-analyze about units that nothing ever starts; live ones need names of their own. */
export async function askSystemd(
  { run }: Pick<Machine, 'run'>,
  questions: Question[],
  progress: (done: number) => void = () => {},
): Promise<string[]> {
  const answers: string[] = []
  for (let start = 0; start < questions.length; start += atOnce) {
    const some = questions.slice(start, start + atOnce)
    answers.push(...(await askSome(run, some)))
    progress(answers.length)
  }
  return answers
}

async function askSome(run: Machine['run'], questions: Question[]): Promise<string[]> {
  const files = questions.flatMap(({ name, unit, dropins = [], offline }, index) => {
    const directory = offline ? `${offlineDir}/${index}` : liveDir
    const all: [string, string][] = [[name, unit], ...dropins]
    return all.map(([path, text]) => `${directory}/${path}\t${toBase64(text)}\n`)
  })
  const orders = questions.map(({ name, offline }, index) =>
    offline ? `--offline=yes ${offlineDir}/${index}/${name}` : name,
  )
  await done(run(unpack, { input: files.join('') }))
  const { stdout } = await done(
    run(ask, { input: orders.map((order) => `${order}\n`).join(''), seconds: 300 }),
  )
  await done(
    run(remove, {
      input: files.map((line) => line.replace('\t', '\0').split('\0', 1)[0] + '\n').join(''),
    }),
  )
  const printed = stdout.split(/^@@\n/m).slice(1)
  if (printed.length !== questions.length)
    throw new LabError(`${questions.length} units were asked about, ${printed.length} answers came`)
  return printed.map((text, index) => readAnswer(text, questions[index]!.systemd))
}

const unpack = `perl -MMIME::Base64 -MFile::Path=make_path -ne '
  chomp; my ($path, $text) = split /\\t/, $_, 2; make_path($path =~ s|/[^/]*$||r);
  open my $file, ">", $path or die "$path: $!"; print $file decode_base64($text)' && systemctl daemon-reload`
const ask = `export LC_ALL=C.UTF-8 SYSTEMD_EMOJI=0 COLUMNS=400
  while read -r order; do echo @@; systemd-analyze security --no-pager $order 2>/dev/null; done; true`
const remove = `rm -rf ${offlineDir}; while read -r path; do rm -f "$path"; rmdir --ignore-fail-on-non-empty "\${path%/*}"; done`

async function done<T extends { code: number; stderr: string }>(running: Promise<T>): Promise<T> {
  const result = await running
  if (result.code !== 0)
    throw new LabError(`systemd could not be asked about units: ${result.stderr.trim()}`)
  return result
}

function toBase64(text: string): string {
  return Buffer.from(encodeText(text)).toString('base64')
}
