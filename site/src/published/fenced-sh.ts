const place = /^from=''$/gm

/** The script as it is published: it knows the site that it came from. */
export function fencedSh(source: string, origin: string): string {
  if (source.match(place)?.length !== 1) throw new Error("fenced.sh has no line from=''")
  if (!/^https?:\/\/[\w.:-]+$/.test(origin)) throw new Error(`${origin} is no origin`)
  return source.replace(place, `from='${origin}'`)
}
