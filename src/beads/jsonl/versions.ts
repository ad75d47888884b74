import { DateTime, Option, Predicate } from "effect"
import { contentOf, type JsonlFile, type Row } from "./lines.ts"

/** The positions of all lines with one id, in file order. At least one. */
export type Positions = readonly [number, ...ReadonlyArray<number>]

/** The lines with each id, in file order. A line without an id is a group of its own, by its position. */
export type Groups = ReadonlyMap<string | number, Positions>

/** The lines that may be issues, by id. `seen` gets each of them, with its record as far as it can be read. */
export const groupById = (
  file: JsonlFile,
  positions: Iterable<number> = Array(file.lines).keys(),
  seen: (key: string | number, row: Row | undefined) => void = () => undefined
): Groups => {
  const groups = new Map<string | number, [number, ...Array<number>]>()
  for (const position of positions) {
    const line = file.line(position)
    if (line._tag === "Other") continue
    const id = line.row?.["id"]
    const key = Predicate.isString(id) ? id : position
    seen(key, line.row)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [position])
    else group.push(position)
  }
  return groups
}

const updatedAt = (row: Row | undefined): number | undefined => {
  const text = row?.["updated_at"]
  return Predicate.isString(text)
    ? Option.getOrUndefined(Option.map(DateTime.make(text), DateTime.toEpochMillis))
    : undefined
}

/** Whether these lines are byte-equal, apart from white space at both ends. */
export const areCopies = ({ bytes }: JsonlFile, positions: Positions): boolean => {
  // By far the most ids have one line.
  if (positions.length === 1) return true
  const [first, ...others] = positions
  const content = (position: number) => contentOf(bytes(position))
  return others.every((other) => Buffer.compare(content(other), content(first)) === 0)
}

/**
 * The line that counts of all lines with one id, as a union merge leaves them; `undefined` if that cannot be decided.
 * Byte-equal copies are one issue. Of different versions the one with the latest `updated_at` counts, like in bd's own merge;
 * a tombstone is a version too. It cannot be decided if a version has no such time, or if several have the latest.
 */
export const newest = (file: JsonlFile, positions: Positions): number | undefined => {
  if (areCopies(file, positions)) return positions[0]
  const times = positions.map((position) => {
    const line = file.line(position)
    return line._tag === "Other" ? undefined : updatedAt(line.row)
  })
  if (!times.every(Predicate.isNotUndefined)) return undefined
  const latest = times.reduce((one, other) => Math.max(one, other))
  const [first, ...others] = positions.filter((_, index) => times[index] === latest)
  return first !== undefined && areCopies(file, [first, ...others]) ? first : undefined
}
