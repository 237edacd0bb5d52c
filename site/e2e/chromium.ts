import { existsSync } from 'node:fs'
import { test } from '@playwright/test'

/** The distribution's own browser; Playwright's downloads are not needed. */
export const chromium = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path))

/** Without a browser these tests are skipped and say so; in CI that is a failure. */
export function needsBrowser() {
  const isCi = process.env['CI'] === 'true'
  test.skip(!chromium && !isCi, 'no Chromium; install the package chromium')
}
