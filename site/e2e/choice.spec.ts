import { expect, test } from '@playwright/test'
import type { Page } from '@playwright/test'
import { stages } from '../../scripts/core/profile/types.ts'
import { unitsOf } from '../../scripts/core/profile/values.ts'
import { resultText } from '../src/choice/result.ts'
import { dropInsOf, usedStages } from '../src/published/files.ts'
import { runsOf } from '../src/wording/runs.ts'
import { needsBrowser } from './chromium.ts'
import { directives, dropIn, hardened, registry, richest } from './registry.ts'

needsBrowser()
test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

const { id, profile } = richest
const address = `/${id}/`
const used = usedStages(profile, directives)
const options = Object.keys(profile.options ?? {})
const [first] = runsOf(richest.measured, registry.platforms)
const file = (path: string) =>
  dropInsOf(richest, directives).find((file) => file.path === path)?.text ?? ''
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText())
const copied = async (page: Page) => {
  await page.getByRole('button', { name: /^Copy the drop-in/ }).click()
  await expect(page.getByText('Copied.').first()).toBeVisible()
  return clipboard(page)
}

test('a stage changes text, copy, download, commands, figure and address', async ({ page }) => {
  await page.goto(address)
  for (const stage of used.slice(0, -1)) {
    await page.locator(`[name=stage][value=${stage}]`).check()
    const text = file(`stages/${stage}.conf`)
    expect(await page.locator('#drop-in').textContent()).toBe(text)
    expect(await copied(page)).toBe(text)
    expect(new URL(page.url()).search).toBe(`?stage=${stage}`)
    for (const link of await page.locator('[data-download]').all()) {
      await expect(link).toHaveAttribute('href', `/${id}/stages/${stage}.conf`)
    }
    await expect(page.locator('#command-curl')).toContainText(`/${id}/stages/${stage}.conf`)
    await expect(page.locator('#command-cloud-init')).toContainText(`up to the stage ${stage}`)
    if (!first) continue
    const result = resultText({
      before: first.run.before.exposure,
      after: first.run.stages[stage]!.exposure,
      measured: true,
      label: first.label,
    })
    await expect(page.locator('[data-result]')).toHaveText(result)
  }
  await page.locator('[name=stage]').last().check()
  expect(await page.locator('#drop-in').textContent()).toBe(dropIn(richest))
  expect(new URL(page.url()).search).toBe('')
})

test('an option adds its file to what is shown, copied and installed', async ({ page }) => {
  await page.goto(address)
  for (const name of options) {
    const pre = page.locator(`#file-${name}`)
    await expect(pre).toBeHidden()
    await page.locator(`[name=option][value=${name}]`).check()
    await expect(pre).toBeVisible()
    expect(await copied(page)).toBe(`${dropIn(richest)}\n${file(`site-${name}.conf`)}`)
    expect(new URL(page.url()).search).toBe(`?option=${name}`)
    await expect(page.locator('#command-ansible')).toContainText(`options: [${name}]`)
    const run = first?.run.options?.[name]
    if (run) await expect(page.locator('[data-result]')).toContainText(`→ ${run.exposure} `)
    await page.locator(`[name=option][value=${name}]`).uncheck()
  }
  expect(await copied(page)).toBe(dropIn(richest))
})

test('an address with choices shows them, and what is not there is ignored', async ({ page }) => {
  const stage = used[0]!
  const chosen = options.slice(0, 2)
  const query = new URLSearchParams([
    ['stage', stage],
    ...chosen.map((name) => ['option', name] as [string, string]),
    ['option', 'none-such'],
  ])
  await page.goto(`${address}?${query}`)
  await expect(page.locator(`[name=stage][value=${stage}]`)).toBeChecked()
  expect(await page.locator('#drop-in').textContent()).toBe(file(`stages/${stage}.conf`))
  for (const name of options) {
    await expect(page.locator(`#file-${name}`)).toBeVisible({ visible: chosen.includes(name) })
  }
  if (first && chosen.length > 1)
    await expect(page.locator('[data-result]')).toContainText('computed')
})

test('where the unit has several names, the commands follow the release', async ({ page }) => {
  const several = hardened.filter(({ profile }) => unitsOf(profile).length > 1)
  for (const entry of several) {
    await page.goto(`/${entry.id}/`)
    for (const unit of unitsOf(entry.profile)) {
      const value = await page.locator(`[name=unit] [data-unit="${unit}"]`).getAttribute('value')
      await page.locator('[name=unit]').selectOption(value)
      await expect(page.locator('#command-edit')).toContainText(`systemctl edit ${unit}\n`)
      await expect(page.locator('#undo')).toContainText(`/${unit}.d/hardening.conf`)
    }
  }
})

test('a line says why it is there: by pointer, by keyboard, by tap', async ({ page }) => {
  await page.goto(address)
  const note = page.locator('[data-note]')
  const names = stages.flatMap((stage) =>
    Object.keys(directives).filter(
      (name) => directives[name]!.stage === stage && profile.directives?.[name] !== undefined,
    ),
  )
  const [one, two] = names as [string, string]
  await page.locator(`[href="#why-${one}"]`).hover()
  await expect(note).toContainText(directives[one]!.what)
  await page.locator(`[href="#why-${one}"]`).focus()
  await page.keyboard.press('ArrowDown')
  await expect(page.locator(`[href="#why-${two}"]`)).toBeFocused()
  await expect(note).toContainText(directives[two]!.what)
  await page.keyboard.press('Escape')
  await expect(note).not.toContainText(directives[two]!.what)
  await page.locator(`[href="#why-${one}"]`).click()
  await expect(note).toContainText(directives[one]!.what)
  expect(new URL(page.url()).hash).toBe('')
  const [grant] = first?.run.grants ?? []
  if (grant) {
    await page.locator(`[href="#why-${grant.directive}"]`).click()
    await expect(note).toContainText(grant.item)
    if (grant.message) await expect(note).toContainText(grant.message)
  }
})

test('Enter on a line leads to its whole entry', async ({ page }) => {
  await page.goto(address)
  await page.locator('[data-line]').first().focus()
  await page.keyboard.press('Enter')
  expect(new URL(page.url()).hash).toMatch(/^#why-/)
})

test('tabs are walked with the arrows, and one is shown at a time', async ({ page }) => {
  await page.goto(address)
  const tabs = page.getByRole('tab')
  await tabs.first().focus()
  for (let index = 1; index < (await tabs.count()); index++) {
    await page.keyboard.press('ArrowRight')
    await expect(tabs.nth(index)).toBeFocused()
    await expect(page.getByRole('tabpanel')).toHaveCount(1)
  }
})

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false })

  test('every way to install and every option can be read', async ({ page }) => {
    await page.goto(address)
    for (const command of await page.locator('[id^=command-]').all()) {
      await expect(command).toBeVisible()
    }
    for (const name of options) {
      expect(await page.locator(`#file-${name}`).textContent()).toBe(file(`site-${name}.conf`))
      await expect(page.locator(`#file-${name}`)).toBeVisible()
    }
    await page.locator('[data-line]').first().click()
    expect(new URL(page.url()).hash).toMatch(/^#why-/)
  })
})

test('a breakage is reported on a form that is filled in', async ({ page }) => {
  await page.goto(address)
  const link = page.getByRole('link', { name: 'report what broke' })
  const href = new URL((await link.getAttribute('href')) ?? '')
  expect(href.searchParams.get('service')).toBe(id)
})
