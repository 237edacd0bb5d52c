import { origin } from '../../../scripts/core/site.ts'
import type { Plan } from './commands.ts'

/** The script that tries it first: it fetches the same files itself, so that it is told their names. */
export function fencedSh({ unit, files }: Plan): string {
  const choice = files.flatMap(({ name, url }) => {
    const stage = /\/stages\/([a-z]+)\.conf$/.exec(url)?.[1]
    const option = /^site-([a-z0-9-]+)\.conf$/.exec(name)?.[1]
    return [...(stage ? [`--stage ${stage}`] : []), ...(option ? [`--option ${option}`] : [])]
  })
  const rest = [unit, ...choice].join(' ')
  return `curl -fsSO ${origin}/fenced.sh
curl -fsSO ${origin}/fenced.sh.sha256
sha256sum -c fenced.sh.sha256 &&
sudo sh fenced.sh try ${rest}
sudo sh fenced.sh apply ${rest}`
}
