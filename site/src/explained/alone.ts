import { renderDirectives } from '../../../scripts/core/profile/render.ts'
import type { DirectiveInfo } from '../../../scripts/core/profile/types.ts'
import { defaultSystemd, loadTables, scoreSettings } from '../../../scripts/core/score/index.ts'

export interface Alone {
  systemd: string
  before: string
  after: string
}

/** What a directive wins on a unit that sets nothing, computed as systemd does; nothing where it has no strictest value. */
export async function winsAlone(
  name: string,
  directives: Record<string, DirectiveInfo>,
): Promise<Alone | undefined> {
  const info = directives[name]
  if (!info || info.rows.length === 0 || info.strictest === undefined) return undefined
  await loadTables(defaultSystemd)
  const strictest = { [name]: info.strictest }
  const text = renderDirectives(strictest, { directives, systemd: Number(defaultSystemd) })
  const before = scoreSettings([], defaultSystemd, { name: 'a.service', dropIns: [] })
  const after = scoreSettings([], defaultSystemd, { name: 'a.service', dropIns: [text] })
  return { systemd: defaultSystemd, before: before.exposure, after: after.exposure }
}
