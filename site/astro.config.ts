import sitemap from '@astrojs/sitemap'
import { defineConfig } from 'astro/config'
import type { AstroIntegration } from 'astro'
import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'
import { origin } from '../scripts/core/site.ts'

/** By content alone: short, and the same wherever it is built. */
const names = {
  entryFileNames: 'assets/[hash].js',
  chunkFileNames: 'assets/[hash].js',
  assetFileNames: 'assets/[hash][extname]',
}

/** Every stylesheet names the layers first, so that their order does not hang on which one loads first. */
const layersFirst: Plugin = {
  name: 'layers-first',
  enforce: 'post',
  generateBundle(_, bundle) {
    const order = readFileSync(new URL('src/styles/layers.css', import.meta.url), 'utf8').trim()
    for (const file of Object.values(bundle)) {
      if (file.type !== 'asset' || !file.fileName.endsWith('.css')) continue
      file.source = `${order}${String(file.source)}`
    }
  },
}

/** What hosts read and nobody visits. */
const redirects: AstroIntegration = {
  name: 'redirects',
  hooks: {
    'astro:config:setup': ({ injectRoute }) =>
      injectRoute({ pattern: '/_redirects', entrypoint: './src/published/redirects.ts' }),
  },
}

export default defineConfig({
  site: origin,
  // Astro's own default drops the spaces between words that stand on lines of their own.
  compressHTML: true,
  // The Content-Security-Policy allows nothing inline, so nothing may be.
  build: { inlineStylesheets: 'never', assets: 'assets' },
  vite: {
    plugins: [layersFirst],
    build: { assetsInlineLimit: 0, cssCodeSplit: false, rollupOptions: { output: names } },
    environments: { client: { build: { rollupOptions: { output: names } } } },
  },
  integrations: [sitemap(), redirects],
  // Highlighted code would bring inline styles.
  markdown: { syntaxHighlight: false },
  devToolbar: { enabled: false },
})
