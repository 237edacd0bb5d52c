import type { Registry } from '../../../scripts/registry.ts'
import type { PublishedFile } from './files.ts'
import { renderingsOf } from './renderings.ts'
import { shellIndex } from './shell-index.ts'
import { shellMessages } from './shell-messages.ts'

type Data = Pick<Registry, 'entries' | 'directives' | 'platforms' | 'messages'>

/** What fenced.sh looks things up in; the paths are from the root of the site. */
export function tablesOf(data: Data): PublishedFile[] {
  return [
    { path: 'index.tsv', text: shellIndex(data) },
    { path: 'messages.tsv', text: shellMessages(data.messages) },
  ]
}

/** Everything that fenced.sh reads. */
export function shellFiles(data: Data): PublishedFile[] {
  return [
    ...tablesOf(data),
    ...data.entries.flatMap((entry) =>
      renderingsOf(entry, data.directives).map(({ path, text }) => ({
        path: `${entry.id}/${path}`,
        text,
      })),
    ),
  ]
}
