import type { Catalogue } from '../core/profile/values.ts'
import { splitCat } from '../core/score/cat.ts'
import { readItems } from '../core/score/lines.ts'

/** What a unit sets of the catalogue, from `systemctl cat`, in the order in which it takes effect. */
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
      if (section === 'Service' && Object.hasOwn(catalogue, key)) return [`${key}=${value}`]
      if (section === 'Unit' && key === 'DefaultDependencies') return [`Unit.${key}=${value}`]
      return []
    })
  })
}
