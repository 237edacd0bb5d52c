import { expect, test } from '@playwright/test'
import { doubleText, flawsOf, widthOf } from './axe.ts'
import { needsBrowser } from './chromium.ts'
import { dropIn, entries, hardened, richest, skipped } from './registry.ts'

needsBrowser()

const template = hardened.find(({ profile }) => JSON.stringify(profile.unit).includes('@.'))
const several = hardened.find(({ profile }) => typeof profile.unit !== 'string')
const kinds = [richest, skipped[0], template, several].filter((entry) => entry !== undefined)
const pages = ['/', '/?q=zzqqxx', '/#worst', '/score/', '/troubleshoot/', '/none/']
const addresses = [...pages, ...new Set(kinds.map(({ id }) => `/${id}/`))]

for (const address of addresses) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${address} has no flaw that axe finds, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme })
      await page.goto(address)
      expect(await flawsOf(page)).toEqual([])
    })
  }

  test(`${address} fits 320 pixels, also with text twice as large`, async ({ page }) => {
    await page.setViewportSize({ width: 320, height: 640 })
    await page.goto(address)
    expect(await widthOf(page)).toBe(320)
    await page.setViewportSize({ width: 640, height: 800 })
    await doubleText(page)
    expect(await widthOf(page)).toBe(640)
  })

  test(`${address} keeps its own policy and asks no other host`, async ({ page, baseURL }) => {
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('404')) {
        complaints.push(message.text())
      }
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(baseURL!)) complaints.push(request.url())
    })
    const response = await page.goto(address)
    await page.waitForLoadState('networkidle')
    expect(response?.headers()['content-security-policy']).toContain("default-src 'none'")
    expect(complaints).toEqual([])
  })
}

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false })

  test('the list is there and leads to every profile', async ({ page }) => {
    await page.goto('/')
    for (const { id, profile } of entries) {
      const link = page.getByRole('link', { name: profile.name, exact: true })
      await expect(link).toHaveAttribute('href', `/${id}/`)
      await expect(link).toBeVisible()
    }
  })

  test('the drop-in can be read and downloaded, and no dead button is shown', async ({ page }) => {
    await page.goto(`/${richest.id}/`)
    expect(await page.locator('#drop-in').textContent()).toBe(dropIn(richest))
    await expect(page.getByRole('link', { name: 'Download hardening.conf' }).first()).toBeVisible()
    await expect(page.getByRole('button')).toHaveCount(0)
  })
})

test('an address with a slip leads to the service that was meant', async ({ page }) => {
  const { id, profile } = richest
  await page.goto(`/${id.slice(0, -2)}${id.at(-1)}${id.at(-2)}/hardening.conf`)
  await expect(page.locator('[data-near]')).toHaveText(`Did you mean ${profile.name}?`)
  await page.locator('[data-near] a').click()
  await expect(page).toHaveURL(`/${id}/`)
})

test('forced colours keep the picture', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active' })
  await page.goto(`/${richest.id}/`)
  const fill = (kind: string) =>
    page
      .locator(`figure rect.${kind}`)
      .first()
      .evaluate((rect) => getComputedStyle(rect).fill)
  if (richest.measured) expect(await fill('after')).not.toBe(await fill('lost'))
})
