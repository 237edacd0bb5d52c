import { UsageError } from '../usage.ts'

/** How many machines may run at a time, from the command line; two keep a small host busy without swamping it. */
export function readJobs(text = '2'): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text)
  throw new UsageError(`--jobs ${text} is no number of machines; write it like --jobs 2`)
}
