import { origin } from '../../../scripts/core/site.ts'
import type { SiteData } from '../registry.ts'
import { sha256 } from './checksum.ts'
import { dropInsOf } from './files.ts'

/** profiles.json: what a program needs to choose a profile and fetch its drop-in. */
export function profilesIndex({ entries, directives }: SiteData) {
  return {
    profiles: entries.map((entry) => {
      const { id, profile, measured } = entry
      const { name, summary, category, keywords, homepage, unit, packages, advice } = profile
      const [main] = dropInsOf(entry, directives)
      return {
        id,
        name,
        summary,
        category,
        keywords,
        homepage,
        unit,
        packages,
        ...(advice && { advice }),
        page: `${origin}/${id}/`,
        json: `${origin}/${id}/profile.json`,
        ...(main && { dropIn: { url: `${origin}/${id}/${main.path}`, sha256: sha256(main.text) } }),
        platforms: Object.entries(measured?.platforms ?? {}).map(([platform, run]) => ({
          platform,
          systemd: run.systemd,
          before: run.before,
          ...(main && { after: run.after }),
          checks: run.checks.length,
        })),
      }
    }),
  }
}
