import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { projectRoot } from '../../scripts/registry.ts'
import { siteHandler } from '../../scripts/serve/handler.ts'
import { needsBrowser } from './chromium.ts'
import { transferred } from './registry.ts'
import { hostile, syntheticRoot } from './synthetic.ts'

const roots: string[] = []
test.afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true })
})

/** Builds the site from made-up profiles, or some of its pages; gives back where. */
function buildOf(count: number, ...pages: string[]): string {
  const root = syntheticRoot(count)
  roots.push(root)
  const script = join(projectRoot, 'site', 'e2e', 'build-synthetic.ts')
  const env = { ...process.env, FENCED_ROOT: root }
  const site = join(root, 'dist')
  execFileSync(process.execPath, [script, site, ...pages], { env, stdio: 'pipe' })
  return site
}

test('the list of 1,000 profiles stays under 150 KB in all', () => {
  test.setTimeout(300_000)
  const site = buildOf(1000, 'index.astro')
  expect(readFileSync(join(site, 'index.html'), 'utf8').match(/<li [^>]*data-id=/g)).toHaveLength(
    1001,
  )
  expect(transferred('/index.html', site).all).toBeLessThan(150_000)
})

test.describe('a profile that means harm', () => {
  needsBrowser()

  test('is text wherever it is shown', async ({ page }) => {
    test.setTimeout(300_000)
    const site = buildOf(1)
    const server = createServer(siteHandler(site)).listen(0)
    const { port } = server.address() as AddressInfo
    const ran: string[] = []
    page.on('dialog', (dialog) => {
      ran.push(dialog.message())
      void dialog.dismiss()
    })
    page.on('console', (message) => {
      if (message.type() === 'error') ran.push(message.text())
    })
    try {
      for (const path of [
        '/',
        `/${hostile.id}/?option=home`,
        '/directives/ReadWritePaths/',
        '/score/',
      ]) {
        await page.goto(`http://localhost:${port}${path}`)
        await page.waitForLoadState('networkidle')
        const scripts = await page
          .locator('script')
          .evaluateAll((all) => all.map(({ outerHTML }) => outerHTML))
        for (const script of scripts) expect(script).toMatch(/^<script [^>]*src="\/assets\//)
        await expect(page.locator('img')).toHaveCount(0)
        expect(ran).toEqual([])
      }
      await page.goto(`http://localhost:${port}/${hostile.id}/?option=home`)
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(hostile.name)
      await expect(page.locator('main')).toContainText(hostile.summary)
      await expect(page.locator('#drop-in')).toContainText(hostile.reason)
      await expect(page.locator('#file-home')).toContainText(hostile.reason)
      await page.locator('[href="#why-ReadWritePaths"]').hover()
      await expect(page.locator('[data-note]')).toContainText(hostile.reason)
      await expect(page.locator('#command-cloud-init')).toContainText(hostile.reason)
      expect(ran).toEqual([])
      const xml = ['feed.xml', `${hostile.id}/feed.xml`].map((path) =>
        readFileSync(join(site, path), 'utf8'),
      )
      for (const text of xml) {
        const title = await page.evaluate(
          (text) =>
            new DOMParser().parseFromString(text, 'application/xml').querySelector('entry > title')
              ?.textContent,
          text,
        )
        expect(title).toContain(hostile.summary)
      }
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })
})
