import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import type { Page } from '@playwright/test'
import { projectRoot } from '../../scripts/registry.ts'
import { needsBrowser } from './chromium.ts'
import { dropIn, hardened, richest, skipped } from './registry.ts'

needsBrowser()

const address = `/${richest.id}/`

test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText())

test('the button copies exactly the drop-in, and says so', async ({ page }) => {
  for (const entry of hardened) {
    await page.goto(`/${entry.id}/`)
    await page.getByRole('button', { name: /^Copy the drop-in/ }).click()
    await expect(page.getByText('Copied.').first()).toBeVisible()
    expect(await clipboard(page)).toBe(dropIn(entry))
  }
})

test('c copies too', async ({ page }) => {
  await page.goto(address)
  await page.keyboard.press('c')
  await expect(page.getByText('Copied.').first()).toBeVisible()
  expect(await clipboard(page)).toBe(dropIn(richest))
})

test('a refused clipboard is said, and the text is selected', async ({ page }) => {
  await page.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
  })
  await page.goto(address)
  await page.keyboard.press('c')
  await expect(page.getByText(/The browser refused/).first()).toBeVisible()
  const selected = await page.evaluate(() => getSelection()?.toString() ?? '')
  expect(selected.trim()).toBe(dropIn(richest).trim())
})

test('every command has its own button', async ({ page }) => {
  await page.goto(address)
  for (const command of await page.locator('[id^=command-]').all()) {
    const id = await command.getAttribute('id')
    const tab = page.locator(`#${id?.replace('command-', 'tab-')}`)
    if (await tab.count()) await tab.click()
    const copy = page.locator(`[data-copy="${id}"]`)
    await copy.getByRole('button').click()
    await expect(copy.getByRole('status')).toHaveText('Copied.')
    expect(await clipboard(page)).toBe(await command.textContent())
  }
})

test('the download is what npm run render prints', async ({ page }) => {
  await page.goto(address)
  const waiting = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download hardening.conf' }).first().click()
  const file = await (await waiting).path()
  const script = join(projectRoot, 'scripts', 'render.ts')
  const printed = execFileSync(process.execPath, [script, richest.id])
  expect(readFileSync(file).equals(printed)).toBe(true)
})

test('the drop-in comes as text that any page may fetch', async ({ request }) => {
  const response = await request.get(`${address}hardening.conf`)
  expect(response.headers()['content-type']).toBe('text/plain; charset=utf-8')
  expect(response.headers()['access-control-allow-origin']).toBe('*')
  expect(await response.text()).toBe(dropIn(richest))
})

test('every figure of the measurement is on the page', async ({ page }) => {
  await page.goto(address)
  const main = page.locator('main')
  for (const run of Object.values(richest.measured?.platforms ?? {})) {
    await expect(main).toContainText(run.before.exposure)
    await expect(main).toContainText(run.after.exposure)
    await expect(main).toContainText(run.packages['systemd'] ?? run.systemd)
    for (const { name } of run.checks) await expect(main).toContainText(name)
    for (const { message } of run.grants ?? [])
      if (message) await expect(main).toContainText(message)
  }
})

test('an entry to leave alone says so and why, and offers nothing to install', async ({ page }) => {
  for (const { id, profile } of skipped) {
    await page.goto(`/${id}/`)
    await expect(page.getByText('Leave this one alone.')).toBeVisible()
    for (const { why } of Object.values(profile.reasons ?? {})) {
      await expect(page.locator('main')).toContainText(why)
    }
    await expect(page.locator('[data-copy]')).toHaveCount(0)
  }
})
