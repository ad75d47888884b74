import type { Explanation } from "./Explanation.ts"

/**
 * That the host of a process was evicted: the process writes nothing more.
 *
 * @example
 * const eviction: Eviction = { host: "vm-1", reason: "its disk failed", isAdmitted: false }
 */
export interface Eviction {
  /** The host's name. */
  readonly host: string
  /** Why it was evicted; `undefined` if that is not known any more. */
  readonly reason: string | undefined
  /** The host was admitted again since: what begins now may work. */
  readonly isAdmitted: boolean
}

/**
 * What an eviction means for the process, and the way back.
 *
 * @example
 * explained(evictionInWords({ host: "vm-1", reason: "its disk failed", isAdmitted: false }))
 */
export const evictionInWords = ({ host, isAdmitted, reason }: Eviction): Explanation =>
  isAdmitted
    ? {
        what: `this host (${host}) was evicted after this process began, and admitted again: the process writes nothing more`,
        next: "Start it again"
      }
    : {
        what:
          `this host (${host}) was evicted${reason === undefined ? "" : `: ${reason}`}. ` +
          "It claims and starts nothing; other hosts settle what it began",
        next: `To let it work again: nightly-dispatch hosts admit ${host}`
      }
