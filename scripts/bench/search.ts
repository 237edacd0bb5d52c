import { existsSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import type { Page } from '@playwright/test'
import { siteHandler } from '../serve/handler.ts'
import { chromium as executable } from '../../site/e2e/chromium.ts'
import { dist } from '../../site/e2e/registry.ts'
import type { Figure, Section } from './figure.ts'
import { grownList } from './grown-list.ts'
import { quantileOf } from './quantile.ts'

const sizes = [100, 1000, 10_000]
/** The size that the design sets a bar for, and the bar. */
const barred = { size: 1000, milliseconds: 16 }
const rounds = 1

/** Typed letter by letter: names from the list itself, purposes, an empty field again, nonsense. */
const typed = ['server', 'reverse proxy', 'databse', 'arnex', 'zzqqxx']

/** From a keystroke to the frame that shows its results, in a browser that does not wait for the screen's next turn. */
export const benchSearch: Section = async (progress) => {
  if (!executable || !existsSync(join(dist, 'index.html'))) {
    progress(
      `search is not measured: ${executable ? 'run npm run build first' : 'there is no Chromium here'}`,
    )
    return []
  }
  const figures: Figure[] = []
  for (const size of sizes) {
    progress(`typing into the list of ${size.toLocaleString('en')} profiles`)
    const times = await timesOf(size, executable)
    for (const [name, part] of Object.entries({ p50: 0.5, p95: 0.95 })) {
      figures.push({
        what: `search, ${size.toLocaleString('en')} profiles, ${times.length} keystrokes, ${name}`,
        value: quantileOf(times, part),
        unit: 'ms',
        ...(size === barred.size && part > 0.5 && { bar: barred.milliseconds }),
      })
    }
  }
  return figures
}

async function timesOf(size: number, executablePath: string): Promise<number[]> {
  const site = grownList(size)
  const server = createServer(siteHandler(site)).listen(0)
  const { port } = server.address() as AddressInfo
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-frame-rate-limit',
      '--disable-gpu-vsync',
    ],
  })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    page.setDefaultTimeout(0)
    await page.goto(`http://localhost:${port}/`)
    await page.evaluate(watchKeystrokes)
    await type(page)
    await page.evaluate(() => performance.clearMeasures())
    for (let round = 0; round < rounds; round++) await type(page)
    return await page.evaluate(() =>
      performance.getEntriesByName('painted').map(({ duration }) => duration),
    )
  } finally {
    await browser.close()
    server.close()
    server.closeAllConnections()
    rmSync(site, { recursive: true })
  }
}

/** Types each text and takes it away again, one key after the other. */
async function type(page: Page) {
  await page.getByRole('searchbox').focus()
  for (const text of typed) {
    for (const letter of text) await press(page, letter === ' ' ? 'Space' : letter)
    for (let left = text.length; left > 0; left--) await press(page, 'Backspace')
  }
}

/** The frame after the one that is measured: then the next key may come. */
async function press(page: Page, key: string) {
  await page.keyboard.press(key)
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))))
}

/**
 * Runs in the page. The time is that of the key; the frame is asked for where its input arrives, before the page answers
 * it, because a frame may come between the two. A message sent from a frame's callback is read once that frame is done.
 */
function watchKeystrokes() {
  let start = 0
  const noteKey = ({ timeStamp }: Event) => void (start = timeStamp)
  const awaitFrame = () =>
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => performance.measure('painted', { start })
      port2.postMessage(undefined)
    })
  addEventListener('keydown', noteKey, { capture: true })
  addEventListener('input', awaitFrame, { capture: true })
}
