import { AxeBuilder } from '@axe-core/playwright'
import { test } from '@playwright/test'
import type { Page } from '@playwright/test'

/** What axe finds on the page as it stands, a line each. */
export async function flawsOf(page: Page): Promise<string[]> {
  test.slow()
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
}

/** Twice the text, as a reader sets it in the browser. */
export async function doubleText(page: Page) {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('html { font-size: 200% !important }')
    document.adoptedStyleSheets = [sheet]
  })
}

export const widthOf = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth)
