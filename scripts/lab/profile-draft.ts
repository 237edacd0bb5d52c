import { Document, isMap, isScalar } from 'yaml'
import type { Survey } from './survey.ts'

/** Debian's sections that have a shelf here. */
const shelves: Record<string, string> = {
  admin: 'system',
  comm: 'messaging',
  database: 'database',
  httpd: 'web',
  mail: 'mail',
  news: 'messaging',
  sound: 'media',
  video: 'media',
  web: 'web',
}

/** What the package says of itself, as the head of a profile.yaml: the directives come from the lab. */
export function draftHead(id: string, packages: string[], survey: Survey): string {
  const { unit, section, homepage, synopsis } = survey
  const shelf = shelves[section.split('/').at(-1) ?? '']
  const summary = `${synopsis.charAt(0).toUpperCase()}${synopsis.slice(1)}`.replace(/\.$/, '')
  const template = /^(.+@)[^@]+(\.service)$/.exec(unit)
  const head = {
    name: id,
    summary:
      summary.length < 10 ? `${summary}, of the package ${packages[0]}` : summary.slice(0, 120),
    category: shelf ?? 'network',
    keywords: [...new Set([id, ...packages])],
    homepage: homepage || 'https://packages.debian.org/' + packages[0],
    unit: template ? `${template[1]}${template[2]}` : unit,
    ...(template && { instance: unit }),
    packages,
  }
  const document = new Document(head, quoted)
  const comment = (key: string, text: string) => {
    if (!isMap(document.contents)) return
    const pair = document.contents.items.find(
      (item) => isScalar(item.key) && item.key.value === key,
    )
    if (pair && isScalar(pair.key)) pair.key.commentBefore = ` ${text}`
  }
  comment(
    'name',
    'A draft. Look through everything down to the directives, and take these comments out.',
  )
  comment('summary', "The package's own words: say it in yours.")
  if (!shelf) comment('category', `A guess: the package's section is ${section || 'not told'}.`)
  comment(
    'keywords',
    'How else do people look for it? Protocols, and its name in other distributions.',
  )
  if (!homepage) comment('homepage', 'The package names none.')
  for (const key of ['keywords', 'packages']) {
    const list = document.get(key)
    if (typeof list === 'object' && list !== null) Object.assign(list, { flow: true })
  }
  document.commentBefore = ' yaml-language-server: $schema=../../schema/profile.schema.json'
  return document.toString(style)
}

/** What an older YAML would take for a switch or a number stands in quotes. */
export const quoted = { compat: 'yaml-1.1' } as const

/** As prettier would write it. */
export const style = {
  lineWidth: 0,
  singleQuote: true,
  flowCollectionPadding: false,
} as const
