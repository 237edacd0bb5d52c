import { expect, test } from '@playwright/test'
import type { Page } from '@playwright/test'
import { failuresOf } from '../src/explained/failures.ts'
import { flawsOf, widthOf } from './axe.ts'
import { needsBrowser } from './chromium.ts'
import { directives, entries, registry } from './registry.ts'

needsBrowser()
test.beforeEach(({ page }) => page.goto('/troubleshoot/'))

const messages = Object.entries(registry.messages)
const failures = failuresOf(entries, directives)
const head = 'Nov 23 10:00:00 web1 '

const field = (page: Page) => page.getByLabel('What the journal says')
const hits = (page: Page) => page.locator('[data-hits]')

test('every message of the journal finds its own entry', async ({ page }) => {
  for (const [id, { title, example }] of messages) {
    await field(page).fill(`${head}${example}\n`)
    const link = hits(page).getByRole('link', { name: title, exact: true })
    await expect(link, id).toHaveAttribute('href', `#${id}`)
  }
})

test('every recorded failure is on the page, and its own message finds it', async ({ page }) => {
  await expect(page.locator('[data-failure]')).toHaveCount(failures.length)
  for (const { name, message, write } of failures.slice(0, 60)) {
    await field(page).fill(message)
    // Two services may fail alike.
    const item = hits(page).locator('li').filter({ hasText: message }).filter({ hasText: write })
    await expect(item.filter({ hasText: name }).first(), message).toBeVisible()
  }
})

test('the path in a message is in the line to write', async ({ page }) => {
  await field(page).fill(`${head}app[7]: cannot write '/srv/app/data': Read-only file system`)
  await expect(hits(page).locator('[data-line]')).toHaveText('ReadWritePaths=-/srv/app/data')
})

test('text stays text, and what is like nothing says so', async ({ page }) => {
  await field(page).fill('<img src=x onerror=alert(1)> Permission denied')
  await expect(hits(page)).toContainText('<img src=x onerror=alert(1)>')
  await expect(page.locator('main img')).toHaveCount(0)
  await field(page).fill('zzqqxx')
  await expect(page.locator('[data-found]')).toContainText('Nothing here sounds like that')
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect(hits(page)).toBeHidden()
  await expect(field(page)).toBeFocused()
})

test('an address opens its message, and ids stay single', async ({ page }) => {
  const [id, { means }] = messages.at(-1)!
  await page.goto(`/troubleshoot/#${id}`)
  await expect(page.locator(`#${id}`)).toContainText(means)
  await expect(page.locator(`#${id} [data-meaning]`)).toBeVisible()
  await field(page).fill(messages.map(([, { example }]) => example).join('\n'))
  const ids = await page.locator('[id]').evaluateAll((all) => all.map(({ id }) => id))
  expect(ids.length).toBe(new Set(ids).size)
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`what was found has no flaw that axe finds, and fits, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme })
    // One failure of each directive shows whatever a hit may hold; all of them take axe a minute, and more with each service.
    const ofEach = new Map(failures.map(({ directive, message }) => [directive, message]))
    const lines = messages.map(([, { example }]) => example)
    await field(page).fill([...lines, ...ofEach.values()].join('\n'))
    await expect(hits(page).locator('article').first()).toBeVisible()
    expect(await flawsOf(page)).toEqual([])
    await page.setViewportSize({ width: 320, height: 640 })
    expect(await widthOf(page)).toBe(320)
  })
}

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false })

  test('every message can be opened and read', async ({ page }) => {
    for (const [id, { means }] of messages) {
      await page.locator(`#${id} > summary`).click()
      await expect(page.locator(`#${id}`)).toContainText(means)
    }
    await expect(page.locator('main textarea')).toBeHidden()
  })
})
