/** The public address of the site, without a slash at its end; drop-ins and feeds name it. */
export const origin = 'https://fenced.dev'
