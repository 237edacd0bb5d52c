/** A failure with a cause that a person can act on: one line, no stack, exit 1. */
export class LabError extends Error {}
