/** A mistake on the command line: the sentence, then the usage, then exit 2. */
export class UsageError extends Error {}

/** Runs a command's main function; its number is the exit code. A person's mistake never shows a stack. */
export async function runCommand(usage: string, main: () => Promise<number> | number) {
  try {
    process.exitCode = await main()
  } catch (error) {
    const code = (error as { code?: string }).code ?? ''
    if (!(error instanceof UsageError) && !code.startsWith('ERR_PARSE_ARGS')) throw error
    process.stderr.write(`${(error as Error).message}\n${usage}\n`)
    process.exitCode = 2
  }
}
