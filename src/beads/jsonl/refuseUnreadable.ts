import { Effect } from "effect"
import type { Explanation } from "../../domain/Explanation.ts"
import { TrackerFailed } from "../../domain/Failure.ts"
import type { JsonlFile } from "./lines.ts"

const isUtf16 = ([first, second]: Uint8Array): boolean =>
  first === 0 || second === 0 || (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)

/** git repeats the mark seven times, or more often if the attribute `conflict-marker-size` says so. */
const MARK = 7
const MARKS: ReadonlySet<number> = new Set(Buffer.from("<|=>"))

const isConflictMarker = (line: Uint8Array): boolean =>
  line.length >= MARK && line.subarray(0, MARK).every((byte) => byte === line[0])

/**
 * Why no line of this file may be used, with the line's number, and what to do; `undefined` if the lines decide for themselves. A git conflict
 * mark means that a merge is not finished, so each record may still be replaced by that of the other side.
 *
 * @example
 * fileProblem(readJsonl(Buffer.from("<<<<<<< HEAD\n"))) // { what: "line 1 is a git conflict marker", next: "Finish the merge" }
 */
export const fileProblem = ({ bytes, index }: JsonlFile): Explanation | undefined => {
  if (isUtf16(bytes(0))) return { what: "line 1 is UTF-16 or damaged", next: "Write the file as UTF-8" }
  const mark = index.first.findIndex((byte, position) => MARKS.has(byte) && isConflictMarker(bytes(position)))
  return mark < 0 ? undefined : { what: `line ${mark + 1} is a git conflict marker`, next: "Finish the merge" }
}

/** Fails with `unreadable` if the file has a `fileProblem`: nothing is then read from it or written to it. */
export const refuseUnreadable = (
  operation: string,
  path: string,
  file: JsonlFile
): Effect.Effect<void, TrackerFailed> => {
  const problem = fileProblem(file)
  if (problem === undefined) return Effect.void
  const detail = `${path}: ${problem.what}, so no bug is claimed and nothing is written to this file`
  return new TrackerFailed({ operation, reason: "unreadable", detail, next: problem.next, blame: "tracker" })
}
