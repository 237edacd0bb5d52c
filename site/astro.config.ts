import sitemap from '@astrojs/sitemap'
import { defineConfig } from 'astro/config'
import { origin } from '../scripts/core/site.ts'

export default defineConfig({
  site: origin,
  // The Content-Security-Policy allows nothing inline, so nothing may be.
  build: { inlineStylesheets: 'never', assets: 'assets' },
  vite: {
    build: {
      assetsInlineLimit: 0,
      rollupOptions: {
        output: {
          entryFileNames: 'assets/[hash].js',
          chunkFileNames: 'assets/[hash].js',
          assetFileNames: 'assets/[hash][extname]',
        },
      },
    },
  },
  integrations: [sitemap()],
  devToolbar: { enabled: false },
})
