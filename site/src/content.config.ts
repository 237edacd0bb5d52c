import type { Loader, LoaderContext } from 'astro/loaders'
import { z } from 'astro/zod'
import { defineCollection } from 'astro:content'
import { join } from 'node:path'
import type { Message } from '../../scripts/core/messages.ts'
import { formatProblem } from '../../scripts/core/problem.ts'
import type { Attack, DirectiveInfo } from '../../scripts/core/profile/types.ts'
import { projectRoot, readRegistry } from '../../scripts/registry.ts'
import type { Entry, Registry } from '../../scripts/registry.ts'

/** Another directory that holds profiles/, for trying the site on data that is not in the registry. */
const root = process.env['FENCED_ROOT'] ?? projectRoot

/** The order of the source, kept: a store gives its entries back in an order of its own. */
type Ordered<T> = T & { position: number }

let registry: Registry | undefined

function loader<T extends object>(
  name: string,
  pick: (registry: Registry) => Record<string, T>,
): Loader {
  const fill = ({ store }: LoaderContext, from: Registry) => {
    store.clear()
    for (const [position, [id, data]] of Object.entries(pick(from)).entries()) {
      store.set({ id, data: { ...data, position } })
    }
  }
  return {
    name: `registry-${name}`,
    load: async (context) => {
      fill(context, (registry ??= readRegistry(root)))
      const { watcher, logger } = context
      if (!watcher) return
      if (name === 'profiles') {
        for (const problem of registry.problems) logger.warn(formatProblem(problem))
      }
      watcher.add(join(root, 'profiles'))
      watcher.on('change', (path) => {
        if (path.startsWith(join(root, 'profiles'))) fill(context, (registry = readRegistry(root)))
      })
    },
  }
}

const byId = <T extends { id: string }>(items: T[]) =>
  Object.fromEntries(items.map((item) => [item.id, item]))

type Platform = Registry['platforms'][number]

export const collections = {
  profiles: defineCollection({
    loader: loader('profiles', ({ entries }) => byId(entries)),
    schema: z.custom<Ordered<Entry>>(),
  }),
  directives: defineCollection({
    loader: loader('directives', ({ directives }) => directives),
    schema: z.custom<Ordered<DirectiveInfo>>(),
  }),
  attacks: defineCollection({
    loader: loader('attacks', ({ attacks }) => attacks),
    schema: z.custom<Ordered<Attack>>(),
  }),
  platforms: defineCollection({
    loader: loader('platforms', ({ platforms }) => byId(platforms)),
    schema: z.custom<Ordered<Platform>>(),
  }),
  messages: defineCollection({
    loader: loader('messages', ({ messages }) => messages),
    schema: z.custom<Ordered<Message>>(),
  }),
  // One entry: a collection that may be empty would be warned about.
  history: defineCollection({
    loader: loader('history', ({ changes, renamed }) => ({ all: { changes, renamed } })),
    schema: z.custom<Ordered<Pick<Registry, 'changes' | 'renamed'>>>(),
  }),
}
