import type { Registry } from '../../../scripts/registry.ts'
import type { PublishedFile } from './files.ts'
import { renderingsOf } from './renderings.ts'
import { shellIndex } from './shell-index.ts'
import { shellMessages } from './shell-messages.ts'

/** Everything that fenced.sh reads; the paths are from the root of the site. */
export function shellFiles(
  data: Pick<Registry, 'entries' | 'directives' | 'platforms' | 'messages'>,
): PublishedFile[] {
  return [
    { path: 'index.tsv', text: shellIndex(data) },
    { path: 'messages.tsv', text: shellMessages(data.messages) },
    ...data.entries.flatMap((entry) =>
      renderingsOf(entry, data.directives).map(({ path, text }) => ({
        path: `${entry.id}/${path}`,
        text,
      })),
    ),
  ]
}
