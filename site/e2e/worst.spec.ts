import { expect, test } from '@playwright/test'
import type { Page } from '@playwright/test'
import { unitsOf } from '../../scripts/core/profile/values.ts'
import { flawsOf, widthOf } from './axe.ts'
import { needsBrowser } from './chromium.ts'
import { entries, registry } from './registry.ts'
import { headline } from '../src/wording/runs.ts'

needsBrowser()
test.beforeEach(({ page }) => page.goto('/'))

/** Every profile's unit, and one that has none, as systemd-analyze prints them. */
const units = [...entries.map(({ profile }) => unitsOf(profile).at(-1)!), 'nobody-knows-it.service']
const listing = ['UNIT EXPOSURE PREDICATE HAPPY']
  .concat(
    units.map((unit, index) => `${unit.padEnd(40)} ${(9.9 - index / 10).toFixed(1)} UNSAFE 😨`),
  )
  .join('\n')

async function paste(page: Page, text: string) {
  await page.getByText('Start with your worst').click()
  await page.getByLabel('Your units').fill(text)
}
const row = (page: Page, unit: string) =>
  page.locator('[data-worst-table] tbody tr').filter({ has: page.getByText(unit, { exact: true }) })

test('home loads nothing of it until it is opened', async ({ page }) => {
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await page.getByText('Start with your worst').click()
  await expect(page.getByLabel('Your units')).toBeVisible()
  await expect.poll(() => asked.filter((url) => url.endsWith('.js')).length).toBeGreaterThan(0)
})

test('every unit is ranked, with its profile and what was measured', async ({ page }) => {
  await paste(page, listing)
  await expect(page.locator('[data-worst-summary]')).toHaveText(
    `${units.length} units read, the worst first; ${entries.length} have a profile.`,
  )
  for (const [index, entry] of entries.entries()) {
    const link = row(page, units[index]!).getByRole('link', {
      name: entry.profile.name,
      exact: true,
    })
    await expect(link).toHaveAttribute('href', `/${entry.id}/`)
    const after = headline(entry, registry.platforms)?.after?.exposure
    if (after) await expect(row(page, units[index]!)).toContainText(after)
  }
  await expect(row(page, units.at(-1)!)).toContainText('no profile yet')
})

test('a search that hides a profile does not hide it here', async ({ page }) => {
  await page.goto('/?q=zzqqxx')
  await paste(page, listing)
  await expect(page.locator('[data-worst-summary]')).toContainText(`${entries.length} have`)
})

test('JSON does as well, and another text says what is wanted', async ({ page }) => {
  await paste(page, JSON.stringify([{ unit: units[0], exposure: '9.6', predicate: 'UNSAFE' }]))
  await expect(row(page, units[0]!)).toBeVisible()
  await page.getByLabel('Your units').fill('<img src=x onerror=alert(1)>')
  await expect(page.locator('[data-worst-summary]')).toContainText('no unit with an exposure')
  await expect(page.locator('[data-worst-table]')).toBeHidden()
})

test('nothing that is pasted leaves the browser', async ({ page }) => {
  await page.getByText('Start with your worst').click()
  await expect(page.getByLabel('Your units')).toBeVisible()
  await page.waitForLoadState('networkidle')
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await page.getByLabel('Your units').fill(listing)
  await expect(row(page, units[0]!)).toBeVisible()
  expect(asked).toEqual([])
  expect(page.url()).not.toContain('service')
})

test('the ranking has no flaw that axe finds, and fits a phone', async ({ page }) => {
  await paste(page, listing)
  await expect(row(page, units[0]!)).toBeVisible()
  expect(await flawsOf(page)).toEqual([])
  await page.setViewportSize({ width: 320, height: 640 })
  expect(await widthOf(page)).toBe(320)
})
