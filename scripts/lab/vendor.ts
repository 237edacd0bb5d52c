import type { Catalogue } from '../core/profile/values.ts'
import { splitCat } from '../core/score/cat.ts'
import { readItems } from '../core/score/lines.ts'

/** What no profile sets and the exposure depends on all the same. */
const scoredBesides = new Set([
  'RootDirectory',
  'RootImage',
  'RootMStack',
  'MountImages',
  'LoadCredential',
  'LoadCredentialEncrypted',
  'SetCredential',
  'SetCredentialEncrypted',
  'IPIngressFilterPath',
  'IPEgressFilterPath',
])

/** What a unit sets of the catalogue or the score looks at, from `systemctl cat`, in the order in which it takes effect. */
export function vendorSettings(cat: string, catalogue: Catalogue, systemd: string): string[] {
  const files = splitCat(cat)
  if (!files) return []
  const texts = [files.unit, ...files.dropins.map(([, text]) => text)]
  return texts.flatMap((text) => {
    let section = ''
    return readItems(text, Number(systemd)).flatMap((item) => {
      if (item.kind === 'section') section = item.name
      if (item.kind !== 'setting') return []
      const { key, value } = item
      const counts = Object.hasOwn(catalogue, key) || scoredBesides.has(key)
      if (section === 'Service' && counts) return [`${key}=${value}`]
      if (section === 'Unit' && key === 'DefaultDependencies') return [`Unit.${key}=${value}`]
      return []
    })
  })
}
