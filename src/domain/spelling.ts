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

/** How far a word may be from a candidate that it misspells. */
const reach = ({ length }: string): number => Math.max(1, Math.min(3, Math.round(length / 3)))

/**
 * The candidates with the most similar spelling, all of them equally similar, at most `count`. Case, `_` and `-` do not count.
 *
 * @example
 * nearestOf("bd-a1c", ["bd-a1b", "bd-a1d", "bd-c9z", "shop-1"], 3) // ["bd-a1b", "bd-a1d"]
 */
export const nearestOf = (word: string, candidates: ReadonlyArray<string>, count: number): ReadonlyArray<string> => {
  if (word.length > LONGEST) return []
  const plain = plainSpelling(word)
  let least = Number.POSITIVE_INFINITY
  let near: Array<string> = []
  for (const candidate of candidates) {
    const [other, most] = [plainSpelling(candidate), Math.min(least, reach(candidate))]
    // Cheap, and most of many candidates have another length.
    if (Math.abs(other.length - plain.length) > most) continue
    const far = distance(plain, other)
    if (far > most) continue
    if (far < least) near = []
    least = far
    near.push(candidate)
  }
  return near.slice(0, count)
}

/**
 * The candidate with the most similar spelling; `undefined` if none is similar. Case, `_` and `-` do not count.
 *
 * @example
 * nearest("opncode", ["gemini", "opencode"]) // "opencode"
 */
export const nearest = (word: string, candidates: ReadonlyArray<string>): string | undefined =>
  nearestOf(word, candidates, 1)[0]
