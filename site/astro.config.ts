import sitemap from '@astrojs/sitemap'
import { defineConfig } from 'astro/config'
import { origin } from '../scripts/core/site.ts'

/** By content alone: short, and the same wherever it is built. */
const names = {
  entryFileNames: 'assets/[hash].js',
  chunkFileNames: 'assets/[hash].js',
  assetFileNames: 'assets/[hash][extname]',
}

export default defineConfig({
  site: origin,
  // The Content-Security-Policy allows nothing inline, so nothing may be.
  build: { inlineStylesheets: 'never', assets: 'assets' },
  vite: {
    build: { assetsInlineLimit: 0, rollupOptions: { output: names } },
    environments: { client: { build: { rollupOptions: { output: names } } } },
  },
  integrations: [sitemap()],
  devToolbar: { enabled: false },
})
