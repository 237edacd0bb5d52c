/** A profile as far as its units go. */
export interface Known {
  id: string
  units: string[]
  /** What else people call it; only a whole word counts. */
  keywords: string[]
}

export interface Match<K> {
  known: K
  /** The very unit, or an instance of its template; else the same service under another name. */
  isExact: boolean
}

/** Finds the profile for a unit as another machine names it: an instance, another version, another distribution's name. */
export function createMatcher<K extends Known>(all: K[]): (unit: string) => Match<K> | undefined {
  const exact = new Map(all.flatMap((known) => known.units.map((unit) => [unit, known] as const)))
  const byName = only(all, ({ id, units }) => [id, ...units.map(stem)])
  const byWord = only(all, ({ keywords }) => keywords)
  return (unit) => {
    const known = exact.get(unit) ?? exact.get(template(unit))
    if (known) return { known, isExact: true }
    const name = bare(stem(unit))
    const other = byName.get(name) ?? byWord.get(name)
    return other && { known: other, isExact: false }
  }
}

/** Names that belong to one alone. */
function only<K>(all: K[], namesOf: (known: K) => string[]): Map<string, K> {
  const owners = Map.groupBy(
    all.flatMap((known) => [...new Set(namesOf(known).map(bare))].map((name) => ({ name, known }))),
    ({ name }) => name,
  )
  owners.delete('')
  return new Map(
    [...owners].flatMap(([name, [first, ...more]]) =>
      more.length > 0 ? [] : [[name, first!.known]],
    ),
  )
}

/** `postgresql@17-main.service` to `postgresql@.service`. */
function template(unit: string): string {
  return unit.replace(/@.*(?=\.[a-z]+$)/, '@')
}

function stem(unit: string): string {
  return unit.replace(/(?:@.*)?\.[a-z]+$/, '')
}

/** Without version numbers: php8.2-fpm and php-fpm are one service. */
function bare(name: string): string {
  return name
    .toLowerCase()
    .replace(/[-.]?\d+(?:\.\d+)*/g, '')
    .replace(/[^a-z]+/g, '-')
    .replace(/^-|-$/g, '')
}
