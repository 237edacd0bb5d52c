import { accounted } from './accounted.ts'
import { advice } from './advice.ts'
import { contradiction } from './contradiction.ts'
import { freshMeasurement } from './fresh-measurement.ts'
import { grantHasReason } from './grant-has-reason.ts'
import { id } from './id.ts'
import { knownDirective } from './known-directive.ts'
import { knownName } from './known-name.ts'
import { knownPlatform } from './known-platform.ts'
import { knownValue } from './known-value.ts'
import { optionName } from './option-name.ts'
import { pathForm } from './path-form.ts'
import { plainText } from './plain-text.ts'
import { proven } from './proven.ts'
import { recomputed } from './recomputed.ts'
import { sandboxOnly } from './sandbox-only.ts'
import { sealed } from './sealed.ts'
import { stillWorks } from './still-works.ts'
import { unitName } from './unit-name.ts'
import type { Rule } from './rule.ts'

/** Rules that look at what people wrote. */
export const profileRules: Rule[] = [
  accounted,
  advice,
  contradiction,
  grantHasReason,
  id,
  knownDirective,
  knownName,
  knownPlatform,
  knownValue,
  optionName,
  pathForm,
  plainText,
  sandboxOnly,
  unitName,
]

/** Rules that hold what the lab wrote against it. They make sense only once the profile itself is right. */
export const measurementRules: Rule[] = [freshMeasurement, proven, recomputed, sealed, stillWorks]
