/** The prime of FNV-1a for 64 bits is 2^40 + this. */
const PRIME = 0x1b3

/**
 * A short fingerprint of a text: FNV-1a of 64 bits over UTF-16 code units, in hex. Equal texts have equal digests;
 * different texts differ, except by accident. The journal keeps digests, so the function may never change.
 *
 * @example
 * digest("broken") // "b164662ad16fa660"
 */
export const digest = (text: string): string => {
  // Two halves of 32 bits: a bigint takes fourteen times as long.
  let high = 0xcbf29ce4
  let low = 0x84222325
  for (let i = 0; i < text.length; i++) {
    low = (low ^ text.charCodeAt(i)) >>> 0
    const product = low * PRIME
    high = (Math.imul(high, PRIME) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0
    low = product >>> 0
  }
  return [high, low].map((half) => half.toString(16).padStart(8, "0")).join("")
}

/** The texts in which a bug's author describes the task. */
export interface Task {
  readonly description: string
  readonly acceptanceCriteria: string
}

/**
 * The digest of a bug's task. Once it changes, failed attempts at the older task no longer count. Without acceptance criteria it
 * is the digest of the description, as journals of earlier versions have it. Comments, notes and design do not count: the
 * dispatcher and its agents comment too.
 *
 * @example
 * taskDigest({ description: "broken", acceptanceCriteria: "" }) // "b164662ad16fa660"
 */
export const taskDigest = ({ acceptanceCriteria, description }: Task): string =>
  digest(acceptanceCriteria === "" ? description : `${description}\u0000${acceptanceCriteria}`)
