/** The oldest Node that the program works on, as package.json has it. */
export const OLDEST_NODE = "20.18"

const partsOf = (version: string): ReadonlyArray<number> => version.split(".").map(Number)

/**
 * What an operator is told whose Node is too old for the program; `undefined` if it is new enough.
 *
 * @example
 * tooOld("18.20.8", "/usr/bin/node") // "nightly-dispatch needs Node 20.18 or newer; this is v18.20.8 (/usr/bin/node)"
 */
export const tooOld = (version: string, node: string): string | undefined => {
  const [major = 0, minor = 0] = partsOf(version)
  const [oldestMajor = 0, oldestMinor = 0] = partsOf(OLDEST_NODE)
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined
  return `nightly-dispatch needs Node ${OLDEST_NODE} or newer; this is v${version} (${node})`
}
