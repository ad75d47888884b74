import { nearestOf } from "../../domain/spelling.ts"

/** So many are named. */
const NAMED = 3

/**
 * The ids that an operator may have meant: those that are most similar.
 *
 * @example
 * nearIds("shop-9fe", ["shop-9fd", "shop-a01"]) // ["shop-9fd"]
 */
export const nearIds = (id: string, known: Iterable<string>): ReadonlyArray<string> =>
  nearestOf(id, [...new Set(known)], NAMED)
