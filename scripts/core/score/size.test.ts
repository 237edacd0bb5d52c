import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build, type BuildResult } from 'esbuild'
import { defaultSystemd, systemdVersions } from './tables.ts'

const most = 20_000

describe('the scorer as a browser gets it', () => {
  let result: BuildResult<{ write: false; metafile: true }>
  const size = (path: string) =>
    gzipSync(result.outputFiles.find((file) => file.path.endsWith(path))!.contents, { level: 9 })
      .length

  before(async () => {
    // For a browser esbuild resolves no node:* module, so one that had come in would fail here.
    result = await build({
      stdin: {
        contents: `export { scoreUnit, nextSteps, loadTables } from './index.ts'`,
        resolveDir: import.meta.dirname,
        sourcefile: 'entry.ts',
      },
      bundle: true,
      minify: true,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      outdir: 'out',
      write: false,
      metafile: true,
      logLevel: 'silent',
    })
  })

  it('is small with the tables of one version', () => {
    const { outputs } = result.metafile
    const needed = new Set<string>()
    const need = (path: string) => {
      if (needed.has(path)) return
      needed.add(path)
      for (const { path: other, kind } of outputs[path]!.imports)
        if (kind === 'import-statement') need(other)
    }
    need(Object.keys(outputs).find((path) => outputs[path]!.entryPoint?.endsWith('entry.ts'))!)
    const inputs = [...needed].flatMap((path) => Object.keys(outputs[path]!.inputs))
    assert.ok(inputs.some((path) => path.endsWith(`syscalls-${defaultSystemd}.json`)))
    const bytes = [...needed].reduce((sum, path) => sum + size(path), 0)
    assert.ok(bytes <= most, `${bytes} bytes`)
  })

  it('loads the tables of other versions on demand', () => {
    const later = Object.values(result.metafile.outputs)
      .map(({ entryPoint = '' }) => /syscalls-(\d+)\.json$/.exec(entryPoint)?.[1])
      .filter((version) => version !== undefined)
    assert.deepEqual(
      later.toSorted(),
      systemdVersions.filter((version) => version !== defaultSystemd),
    )
  })
})
