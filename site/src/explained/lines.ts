import { stages } from '../../../scripts/core/profile/types.ts'
import type { DirectiveInfo, Directives, Stage } from '../../../scripts/core/profile/types.ts'
import { isSingle, itemsOf, reasonOf } from '../../../scripts/core/profile/values.ts'
import type { Proof } from '../../../scripts/core/measured/grant-proofs.ts'

export interface Grant {
  item: string
  reason: string
  /** What failed when it was taken away; absent where that was not tried. */
  proof?: Proof | undefined
}

/** One directive of a profile with everything that is known of why it is so. */
export interface Line {
  directive: string
  /** The value where there is one; a list that grants shows its items with their reasons instead. */
  value?: string
  grants: Grant[]
  info: DirectiveInfo
}

export interface StageLines {
  stage: Stage
  lines: Line[]
}

type Catalogue = Record<string, DirectiveInfo>

/** The directives by stage, in the order of the drop-in, each grant with its recorded proof. */
export function linesByStage(
  directives: Directives,
  catalogue: Catalogue,
  proofs: Proof[] = [],
): StageLines[] {
  return stages
    .map((stage) => ({
      stage,
      lines: Object.entries(catalogue)
        .filter(([name, info]) => info.stage === stage && Object.hasOwn(directives, name))
        .map(([name, info]) => lineOf(name, info, directives, proofs)),
    }))
    .filter(({ lines }) => lines.length > 0)
}

function lineOf(
  directive: string,
  info: DirectiveInfo,
  directives: Directives,
  proofs: Proof[],
): Line {
  const value = directives[directive]!
  const items = itemsOf(value)
  if (typeof value === 'string' || Array.isArray(value)) {
    return { directive, value: items.join(' '), grants: [], info }
  }
  const grants = items.map((item) => ({
    item,
    reason: reasonOf(value, item),
    proof: proofs.find((proof) => proof.directive === directive && proof.item === item),
  }))
  return { directive, ...(isSingle(info) && { value: items.join(' ') }), grants, info }
}
