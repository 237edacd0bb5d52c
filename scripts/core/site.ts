/** The public address of the site, without a slash at its end; drop-ins and feeds name it. */
export const origin = 'https://fenced.dev'

/** Where the source is, and where a breakage is reported. The only place that names it. */
export const repository = 'https://github.com/fenced-dev/fenced'
