import { readAnswers } from '../core/score/recorded.ts'
import { encodeText } from '../core/score/text-bytes.ts'
import type { UnitInput } from '../core/score/index.ts'
import { LabError } from './lab-error.ts'
import type { Machine } from './machine.ts'

export interface Question extends UnitInput {
  systemd: string
  offline: boolean
  /** Its files are named so that no other question's drop-ins reach it, nor its own another. */
  distinct: boolean
}

const offlineDir = '/run/score'
// Stronger than /etc, where the image masks some units.
const liveDir = '/run/systemd/system.control'
/** So many tables fit in what is kept of a program's output. */
const atOnce = 100

/** Asks the machine's own systemd-analyze about units that nothing ever starts; live ones must be distinct. */
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

/** One call of systemd-analyze for all that can lie side by side, and one for each of the rest. */
async function askSome(run: Machine['run'], questions: Question[]): Promise<string[]> {
  const places = questions.map(({ offline, distinct }, index) =>
    offline ? (distinct ? `${offlineDir}/all` : `${offlineDir}/${index}`) : liveDir,
  )
  const files = questions.flatMap(({ name, unit, dropins = [] }, index) => {
    const all: [string, string][] = [[name, unit], ...dropins]
    return all.map(([path, text]) => `${places[index]}/${path}\t${toHex(text)}\n`)
  })
  const calls = new Map<string, number[]>()
  for (const [index, place] of places.entries()) {
    const call = calls.get(place)
    if (call) call.push(index)
    else calls.set(place, [index])
  }
  const orders = [...calls].map(([place, indexes]) =>
    place === liveDir
      ? indexes.map((index) => questions[index]!.name).join(' ')
      : ['--offline=yes', ...indexes.map((index) => `${place}/${questions[index]!.name}`)].join(
          ' ',
        ),
  )
  await done(run(unpack, { input: files.join(''), seconds: 300 }))
  if (places.includes(liveDir)) await done(run('systemctl daemon-reload', { seconds: 300 }))
  const { stdout } = await done(
    run(ask, { input: orders.map((order) => `${order}\n`).join(''), seconds: 600 }),
  )
  const paths = files.map((line) => `${line.slice(0, line.indexOf('\t'))}\n`)
  await done(run(remove, { input: paths.join('') }))
  const printed = stdout.split(/^@@\n/m).slice(1)
  if (printed.length !== orders.length)
    throw new LabError(`${orders.length} calls of systemd-analyze gave ${printed.length} answers`)
  const answers: string[] = []
  for (const [call, indexes] of [...calls.values()].entries()) {
    const names = indexes.map((index) => questions[index]!.name)
    const found = readAnswers(printed[call]!, names, questions[indexes[0]!]!.systemd)
    for (const [at, index] of indexes.entries()) answers[index] = found[at]!
  }
  return answers
}

const unpack = `perl -MFile::Path=make_path -ne '
  chomp; my ($path, $text) = split /\\t/, $_, 2; make_path($path =~ s|/[^/]*$||r);
  open my $file, ">", $path or die "$path: $!"; print $file pack "H*", $text'`
const ask = `export LC_ALL=C.UTF-8 SYSTEMD_EMOJI=0 COLUMNS=400
  while read -r order; do echo @@; systemd-analyze security --no-pager $order 2>/dev/null; done; true`
const remove = `rm -rf ${offlineDir}; perl -ne 'chomp; unlink; rmdir s|/[^/]*$||r'`

async function done<T extends { code: number; stderr: string }>(running: Promise<T>): Promise<T> {
  const result = await running
  if (result.code !== 0)
    throw new LabError(`systemd could not be asked about units: ${result.stderr.trim()}`)
  return result
}

function toHex(text: string): string {
  return Buffer.from(encodeText(text)).toString('hex')
}
