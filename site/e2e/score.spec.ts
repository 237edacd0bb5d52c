import { expect, test } from '@playwright/test'
import type { Page } from '@playwright/test'
import { loadAllTables, nextSteps, scoreUnit } from '../../scripts/core/score/index.ts'
import { systemdVersions } from '../../scripts/core/score/index.ts'
import { doubleText, flawsOf, widthOf } from './axe.ts'
import { needsBrowser } from './chromium.ts'
import { dropIn, hardened } from './registry.ts'
import { unitsOf } from '../../scripts/core/profile/values.ts'

needsBrowser()
test.use({ permissions: ['clipboard-read', 'clipboard-write'] })
test.beforeAll(loadAllTables)
test.beforeEach(({ page }) => page.goto('/score/'))

const entry = hardened.find(({ profile }) => typeof profile.unit === 'string')!
const name = unitsOf(entry.profile)[0]!
const bare = '[Service]\nExecStart=/usr/sbin/example\nPrivateTmp=yes\n'
const cat = `# /usr/lib/systemd/system/${name}\n${bare}`
const unit = { name, unit: bare }
const fenced = { ...unit, dropins: [['hardening.conf', dropIn(entry)]] as [string, string][] }

const verdict = (page: Page) => page.locator('[data-verdict]')
const says = (page: Page, exposure: string) =>
  expect(verdict(page).getByText(exposure, { exact: true })).toBeVisible()
const compare = (page: Page) => page.getByRole('button', { name: 'Compare two versions' }).click()

test('the score follows as one types, in every version', async ({ page }) => {
  await page.getByLabel('Unit, drop-ins or both').fill(cat)
  for (const systemd of systemdVersions) {
    await page.getByLabel('systemd', { exact: true }).selectOption(systemd)
    const { exposure, level } = scoreUnit({ ...unit, systemd })
    await says(page, exposure)
    await expect(verdict(page)).toContainText(`${level} ${name}, systemd ${systemd}`)
  }
})

test('every row is there, and every step with what it wins', async ({ page }) => {
  await page.getByLabel('Unit, drop-ins or both').fill(cat)
  const { rows } = scoreUnit(unit)
  await expect(page.locator('[data-rows] tbody tr')).toHaveCount(rows.length)
  const { steps, path } = nextSteps(unit)
  const items = page.locator('[data-step-list] > li')
  await expect(items).toHaveCount(steps.length)
  await expect(items.first()).toContainText(`to ${steps[0]!.exposure}`)
  for (const { directive } of path)
    await expect(page.locator('[data-way]')).toContainText(directive)
})

test('a step that is added is scored at once, by keyboard alone', async ({ page }) => {
  await page.getByLabel('Unit, drop-ins or both').fill(cat)
  const [first] = nextSteps(unit).steps
  await page.getByRole('button', { name: `Add ${first!.directive}` }).press('Enter')
  await says(page, first!.exposure)
  await expect(page.locator('[data-add]').first()).toBeFocused()
})

test('two versions: what changed, what it won, and the sum of both', async ({ page }) => {
  await page.getByLabel('Unit, drop-ins or both').fill(cat)
  await compare(page)
  await page.getByLabel('After').fill(dropIn(entry))
  await says(page, scoreUnit(fenced).exposure)
  await expect(verdict(page)).toContainText(scoreUnit(unit).exposure)
  const won = await page.locator('[data-changes] td[data-label=Won]').allTextContents()
  const tenths = won.map((text) => Math.round(Number(text.replace('−', '-')) * 10) || 0)
  const sum = tenths.reduce((total, value) => total - value, 0)
  expect(sum).toBe(scoreUnit(unit).tenths - scoreUnit(fenced).tenths)
})

test('a unit that has a profile is told so', async ({ page }) => {
  await page.getByLabel('Unit, drop-ins or both').fill(cat)
  const link = page.getByRole('link', { name: entry.profile.name, exact: true })
  await expect(link).toHaveAttribute('href', `/${entry.id}/`)
})

test('the link carries everything, and asks no server for anything', async ({ page, context }) => {
  await page.getByLabel('Unit, drop-ins or both').fill(cat)
  await compare(page)
  await page.getByLabel('After').fill(dropIn(entry))
  await page.getByLabel('systemd', { exact: true }).selectOption('252')
  await page.getByRole('button', { name: 'Copy a link' }).click()
  await expect(page.getByText(/^Copied/)).toBeVisible()
  const link = await page.evaluate(() => navigator.clipboard.readText())
  const other = await context.newPage()
  const asked: string[] = []
  other.on('request', (request) => asked.push(request.url()))
  await other.goto(link)
  await says(other, scoreUnit({ ...fenced, systemd: '252' }).exposure)
  await expect(other.getByLabel('Unit, drop-ins or both')).toHaveValue(cat)
  await expect(other.getByLabel('After')).toHaveValue(dropIn(entry))
  for (const url of asked) expect(new URL(url).search).toBe('')
})

test('what systemd refuses or skips is said, and is text whatever it holds', async ({ page }) => {
  const evil = '<img>'
  await page.getByLabel('Unit, drop-ins or both').fill(`${bare}Nope${evil}=1\nType=dbus\n`)
  await expect(verdict(page)).toContainText('No score')
  await expect(page.locator('[data-notes]')).toContainText(evil)
  await expect(page.locator('main img')).toHaveCount(0)
})

test('Clear and the example', async ({ page }) => {
  await page.getByRole('button', { name: 'Try an example' }).click()
  await expect(page.locator('[data-notes]')).toContainText('did you mean ProtectHome?')
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect(page.getByLabel('Unit, drop-ins or both')).toBeFocused()
  await expect(page.locator('[data-rows]')).toBeHidden()
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a comparison has no flaw that axe finds, and fits, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme })
    await page.getByLabel('Unit, drop-ins or both').fill(cat)
    await compare(page)
    await page.getByLabel('After').fill(dropIn(entry))
    await says(page, scoreUnit(fenced).exposure)
    expect(await flawsOf(page)).toEqual([])
    await page.setViewportSize({ width: 320, height: 640 })
    expect(await widthOf(page)).toBe(320)
    await page.setViewportSize({ width: 640, height: 800 })
    await doubleText(page)
    expect(await widthOf(page)).toBe(640)
  })
}

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false })

  test('it says so, and what to run instead', async ({ page }) => {
    const instead = page.locator('main noscript')
    await expect(instead.locator('p')).toBeVisible()
    expect(await instead.textContent()).toContain('systemd-analyze security --offline=yes')
    await expect(page.locator('main form')).toBeHidden()
  })
})
