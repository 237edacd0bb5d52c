import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { projectRoot } from './registry.ts'
import { siteHandler } from './serve/handler.ts'
import { runCommand, UsageError } from './usage.ts'

const usage = 'usage: npm run serve, with PORT=4321 unless the environment says otherwise'

await runCommand(usage, async () => {
  const port = Number(process.env['PORT'] ?? 4321)
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new UsageError(`PORT is ${process.env['PORT']}, which is no port number`)
  }
  const directory = join(projectRoot, 'site', 'dist')
  if (!existsSync(join(directory, 'index.html'))) {
    process.stderr.write('there is no built site yet; run npm run build\n')
    return 1
  }
  const server = createServer(siteHandler(directory))
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(port, resolve)
  try {
    await promise
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? 'something else listens there' : message
    process.stderr.write(`cannot serve on port ${port}: ${why}; set PORT to another one\n`)
    return 1
  }
  const address = server.address()
  const bound = typeof address === 'object' && address ? address.port : port
  process.stderr.write(`the site is on http://localhost:${bound}/ (Ctrl-C stops it)\n`)
  return 0
})
