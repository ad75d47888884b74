import { Array as Arr, Order } from "effect"

/** A word without case, `_`, `-` and spaces: two spellings that people take for the same. */
export const plainSpelling = (word: string): string => word.toLowerCase().replaceAll(/[_\-\s]/g, "")

/** Longer words are no misspelled names, and the time grows with the square of the length. */
const LONGEST = 80

/** How many characters must be added, removed or replaced to make one word of the other. */
const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (const [line, character] of Array.from(left).entries()) {
    const next = [line + 1]
    for (let column = 1; column <= right.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (character === right[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}

/**
 * The candidate with the most similar spelling; `undefined` if none is similar. Case, `_` and `-` do not count.
 *
 * @example
 * nearest("opncode", ["gemini", "opencode"]) // "opencode"
 */
export const nearest = (word: string, candidates: ReadonlyArray<string>): string | undefined => {
  if (word.length > LONGEST) return undefined
  const near = candidates
    .map((candidate) => ({ candidate, distance: distance(plainSpelling(word), plainSpelling(candidate)) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.min(3, Math.round(candidate.length / 3))))
  return Arr.sortWith(near, ({ distance }) => distance, Order.number)[0]?.candidate
}
