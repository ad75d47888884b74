import { Effect, Either, Schema } from "effect"
import { explained } from "../../domain/Explanation.ts"
import type { TrackerFailed } from "../../domain/Failure.ts"
import { BeadsId } from "../../domain/Ids.ts"
import type { MalformedIssue } from "../../domain/Issue.ts"
import { malformed } from "../issueRecord.ts"
import { bdError, unreadable } from "./failure.ts"
import type { BdCall } from "./guardedCall.ts"
import type { ShowRecord } from "./reads.ts"

/** The records of a list, each of unknown shape, and the issues whose records alone are too large. */
export interface Records {
  readonly rows: ReadonlyArray<unknown>
  readonly tooLarge: ReadonlyArray<MalformedIssue>
}

/** With fewer issues, a list that is too large holds a record that is. */
const MANY = 1000

const decodeId = Schema.decodeEither(BeadsId)

/**
 * The ids in bd's graph of a list. It is the one format of every version that leaves out descriptions. Each issue is one line:
 * bd quotes line breaks.
 *
 * @example
 * idsIn('digraph dependencies {\n  "bd-a" [label="bd-a\\n[bug P1]\\nboom\\n(open)"];\n}\n') // ["bd-a"]
 */
export const idsIn = (graph: string): ReadonlyArray<string> | undefined =>
  graph.startsWith("digraph ") && graph.trimEnd().endsWith("}")
    ? [...graph.matchAll(/^ {2}"((?:[^"\\\n]|\\.)*)" \[label="/gm)].map(([, id = ""]) => id)
    : undefined

const listIds = Effect.fnUntraced(function* (bd: BdCall, filter: ReadonlyArray<string>) {
  const result = yield* bd.read("list", ["list", ...filter, "--limit", "0", "--format", "dot"])
  if (result.exitCode !== 0) return yield* bdError("list", result)
  return idsIn(result.stdout) ?? (yield* unreadable("list", "not a graph of issues"))
})

/** Reads one issue of the list by itself. An issue that was deleted since has no record. */
const recordOf = (showRecord: ShowRecord, id: string): Effect.Effect<Records, TrackerFailed> =>
  Either.match(decodeId(id), {
    onLeft: () => Effect.succeed({ rows: [], tooLarge: [malformed({ id }, 0, "its id is not valid")] }),
    onRight: (known) =>
      showRecord(known).pipe(
        Effect.map((row): Records => ({ rows: row === undefined ? [] : [row], tooLarge: [] })),
        Effect.catchIf(
          ({ reason }) => reason === "too_much_output",
          ({ next, what }) => Effect.succeed({ rows: [], tooLarge: [malformed({ id }, 0, explained({ what, next }))] })
        )
      )
  })

const isTooLarge = ({ reason }: TrackerFailed): boolean => reason === "too_much_output"

/** Reads each issue of a list by itself: a record that is too large hides no other. */
const recordsOf = Effect.fnUntraced(function* (showRecord: ShowRecord, ids: ReadonlyArray<string>, why: TrackerFailed) {
  yield* Effect.logWarning(`${why.message}. Until then each issue of the list is read by itself, which takes longer`)
  const each = yield* Effect.forEach(ids, (id) => recordOf(showRecord, id))
  return { rows: each.flatMap(({ rows }) => rows), tooLarge: each.flatMap(({ tooLarge }) => tooLarge) }
})

/**
 * `bd list` with this filter, without a limit of issues. If that is larger than the limit of output, bd is asked for the ids only,
 * then for the list again if so many issues allow a larger answer, else for each issue.
 */
export const makeListRecords = (bd: BdCall, showRecord: ShowRecord) => {
  const list = (filter: ReadonlyArray<string>, issues?: number): Effect.Effect<Records, TrackerFailed> =>
    Effect.map(bd.rows("list", ["list", ...filter, "--limit", "0", "--json"], issues), (rows) => ({
      rows,
      tooLarge: []
    }))
  return (filter: ReadonlyArray<string>): Effect.Effect<Records, TrackerFailed> =>
    Effect.catchIf(list(filter), isTooLarge, (why) =>
      Effect.flatMap(listIds(bd, filter), (ids) =>
        Effect.catchIf(ids.length < MANY ? Effect.fail(why) : list(filter, ids.length), isTooLarge, (last) =>
          recordsOf(showRecord, ids, last)
        )
      )
    )
}

/** Lists records: see `makeListRecords`. */
export type ListRecords = ReturnType<typeof makeListRecords>
