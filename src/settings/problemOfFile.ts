import type { Place, Problem } from "./problems.ts"

/** A problem of a whole settings file, or of a place in it. */
export const problemOfFile = (file: string, message: string, place: Omit<Place, "source"> = {}): Problem => ({
  path: "",
  message,
  source: `file ${file}`,
  ...place
})
