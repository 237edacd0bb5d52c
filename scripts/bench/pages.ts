import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readRegistry } from '../registry.ts'
import { dist, transferred } from '../../site/e2e/registry.ts'
import type { Figure, Section } from './figure.ts'
import { syntheticSite } from './synthetic-site.ts'

const kilobyte = 1000

/** What comes over the line for a first visit, compressed; of the profiles, the heaviest. */
export const benchPages: Section = async (progress) => {
  const figures: Figure[] = []
  if (existsSync(join(dist, 'index.html'))) {
    const heaviest = readRegistry()
      .entries.map(({ id }) => ({ id, ...transferred(`/${id}/index.html`) }))
      .toSorted((left, right) => right.all - left.all)[0]!
    figures.push(
      weight(`page of ${heaviest.id}, the heaviest profile, all told`, heaviest.all, 60),
      weight(`page of ${heaviest.id}, script`, heaviest.script, 15),
      weight('home as it is, all told', transferred('/index.html').all),
      weight('/score/, all told', transferred('/score/index.html').all),
    )
  } else {
    progress('there is no built site: run npm run build for the weights of its pages')
  }
  progress('building the list of 1,000 profiles')
  const synthetic = syntheticSite(1000)
  try {
    const { site } = await synthetic.build('index.astro')
    figures.push(
      weight('home with 1,000 profiles, all told', transferred('/index.html', site).all, 150),
    )
  } finally {
    synthetic.remove()
  }
  return figures
}

function weight(what: string, bytes: number, bar?: number): Figure {
  return { what, value: bytes / kilobyte, unit: 'KB', ...(bar !== undefined && { bar }) }
}
