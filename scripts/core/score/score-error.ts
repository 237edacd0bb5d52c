/** A unit or a request that cannot be scored; the message is one sentence for the reader. */
export class ScoreError extends Error {
  override name = 'ScoreError'
}
