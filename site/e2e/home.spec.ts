import { expect, test } from '@playwright/test'
import type { Page } from '@playwright/test'
import { needsBrowser } from './chromium.ts'
import { entries } from './registry.ts'

needsBrowser()
test.beforeEach(({ page }) => page.goto('/'))

const rows = '[data-list] li'
const field = (page: Page) => page.getByRole('searchbox')

/** Two neighbouring letters in the wrong order: the commonest slip there is. */
function slip(word: string): string {
  const at = Math.floor(word.length / 2)
  return word.slice(0, at - 1) + word[at] + word[at - 1] + word.slice(at + 1)
}

/** Words that belong to one entry alone, so that one answer is right. */
function onlyTheirs(words: (entry: (typeof entries)[number]) => string[]) {
  return entries.flatMap((entry) =>
    words(entry)
      .filter((word) =>
        entries.every(
          (other) =>
            other === entry ||
            !JSON.stringify([other.id, other.profile]).toLowerCase().includes(word.toLowerCase()),
        ),
      )
      .slice(0, 1)
      .map((word) => ({ id: entry.id, word })),
  )
}

test('the whole list is in the page', async ({ page }) => {
  await expect(page.locator(rows)).toHaveCount(entries.length)
})

test('every service is found by its name and by its id', async ({ page }) => {
  for (const { id, profile } of entries) {
    for (const query of [profile.name, id]) {
      await field(page).fill(query)
      await expect(page.locator(rows).first(), query).toHaveAttribute('data-id', id)
    }
  }
})

test('a service is found by what others call it', async ({ page }) => {
  const synonyms = onlyTheirs(({ profile }) => profile.keywords)
  expect(synonyms.length).toBeGreaterThan(0)
  for (const { id, word } of synonyms) {
    await field(page).fill(word)
    await expect(page.locator(rows).first(), word).toHaveAttribute('data-id', id)
  }
})

test('a slip of the fingers is forgiven', async ({ page }) => {
  const ids = entries.map(({ id }) => id).filter((id) => /^[a-z]{5,}$/.test(id))
  expect(ids.length).toBeGreaterThan(0)
  for (const id of ids) {
    await field(page).fill(slip(id))
    await expect(page.locator(rows).first(), slip(id)).toHaveAttribute('data-id', id)
  }
})

test('the query is in the address, and an address with a query shows its answer', async ({
  page,
}) => {
  const { id, profile } = entries[0]!
  await field(page).fill(profile.name)
  await expect(page).toHaveURL(`/?q=${encodeURIComponent(profile.name).replaceAll('%20', '+')}`)
  await page.reload()
  await expect(field(page)).toHaveValue(profile.name)
  await expect(page.locator(rows).first()).toHaveAttribute('data-id', id)
  await field(page).fill('')
  await expect(page).toHaveURL('/')
  await expect(page.locator(rows)).toHaveCount(entries.length)
})

test('no answer says what to do', async ({ page }) => {
  await field(page).fill('zzqqxx <script>')
  await expect(page.locator('[data-none]')).toContainText('Nothing matches zzqqxx <script>')
  await expect(page.locator('[data-none]')).toContainText('systemctl list-units')
  await page.locator('[data-none-all]').click()
  await expect(page.locator(rows)).toHaveCount(entries.length)
})

test('from the first key to the opened profile without a mouse', async ({ page }) => {
  const { id } = entries.at(-1)!
  await page.keyboard.press('/')
  await expect(field(page)).toBeFocused()
  await page.keyboard.type(id)
  await page.keyboard.press('ArrowDown')
  await expect(page.locator(`${rows}[data-id="${id}"] a`)).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await expect(field(page)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(`/${id}/`)
})

test('Escape empties the field', async ({ page }) => {
  await field(page).fill('anything')
  await page.keyboard.press('Escape')
  await expect(field(page)).toHaveValue('')
})

test('single-key shortcuts can be turned off, and stay off', async ({ page }) => {
  await page.getByRole('button', { name: /shortcuts/ }).click()
  await page.keyboard.press('/')
  await expect(field(page)).not.toBeFocused()
  await page.reload()
  await page.keyboard.press('/')
  await expect(field(page)).not.toBeFocused()
  await expect(page.getByRole('button', { name: /shortcuts: off/ })).toBeVisible()
})

test('the search of other pages leads here', async ({ page }) => {
  const { id, profile } = entries[0]!
  await page.goto(`/${id}/`)
  await page.keyboard.press('/')
  await page.keyboard.type(profile.name)
  await page.keyboard.press('Enter')
  await expect(page.locator(rows).first()).toHaveAttribute('data-id', id)
})
