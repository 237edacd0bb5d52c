import { defineConfig } from '@playwright/test'
import { chromium } from './site/e2e/chromium.ts'

const port = Number(process.env['E2E_PORT'] ?? 4323)

export default defineConfig({
  testDir: 'site/e2e',
  testMatch: '*.spec.ts',
  outputDir: '.cache/test-results',
  workers: 1,
  // A busy machine is no failure.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  forbidOnly: true,
  reporter: 'list',
  use: {
    baseURL: `http://localhost:${port}`,
    trace: 'off',
    launchOptions: {
      ...(chromium && { executablePath: chromium }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  webServer: {
    command: 'node scripts/serve.ts',
    env: { PORT: String(port) },
    url: `http://localhost:${port}/`,
    stderr: 'ignore',
  },
})
