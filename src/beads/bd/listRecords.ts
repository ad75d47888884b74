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

/**
 * `bd list` with this filter, without a limit. If that is larger than the limit of output, bd is asked for the ids only, and
 * then for each issue: a record that is too large hides no other.
 */
export const makeListRecords =
  (bd: BdCall, showRecord: ShowRecord) =>
  (filter: ReadonlyArray<string>): Effect.Effect<Records, TrackerFailed> =>
    bd.rows("list", ["list", ...filter, "--limit", "0", "--json"]).pipe(
      Effect.map((rows): Records => ({ rows, tooLarge: [] })),
      Effect.catchIf(
        ({ reason }) => reason === "too_much_output",
        ({ message }) =>
          Effect.gen(function* () {
            yield* Effect.logWarning(
              `${message}. Until then each issue of the list is read by itself, which takes longer`
            )
            const each = yield* Effect.forEach(yield* listIds(bd, filter), (id) => recordOf(showRecord, id))
            return { rows: each.flatMap(({ rows }) => rows), tooLarge: each.flatMap(({ tooLarge }) => tooLarge) }
          })
      )
    )

/** Lists records: see `makeListRecords`. */
export type ListRecords = ReturnType<typeof makeListRecords>
