import { origin } from '../../scripts/core/site.ts'
import { fencedSh } from './published/fenced-sh.ts'
import source from './published/fenced.sh?raw'

/** fenced.sh as this site publishes it. */
export const script = fencedSh(source, origin)
