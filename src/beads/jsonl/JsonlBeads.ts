import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { DateTime, Effect, Layer } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Intake } from "../../domain/Issue.ts"
import type { Exec } from "../../exec/Exec.ts"
import { BeadsCli, type Beads } from "../BeadsCli.ts"
import { claimStateOf, isOurs, notOurs } from "../claimState.ts"
import { isOutside, isWanted } from "../intake.ts"
import * as changes from "./changes.ts"
import { makeJsonlStore, type JsonlStore } from "./store.ts"

/** The file that is the tracker. */
export interface JsonlBeadsOptions {
  /** The absolute path of `.beads/issues.jsonl`. */
  readonly file: string
}

/** The issue's entry; `undefined` if there is none. Fails if its line cannot be read, or if several lines have its id. */
const findEntry = Effect.fn("jsonl.findEntry")(function* (store: JsonlStore, operation: string, id: BeadsId) {
  const { entries, malformed } = yield* store.read(operation)
  const bad = malformed.find((line) => line.id === id)
  if (bad === undefined) return entries.get(id)
  return yield* new TrackerFailed({ operation, reason: "unreadable", detail: bad.why.problem, blame: "tracker" })
})

const readsOf = (store: JsonlStore) => {
  const openBugs: Beads["openBugs"] = Effect.fn("BeadsCli.openBugs")(function* (filter) {
    const { entries, malformed } = yield* store.read("list")
    return new Intake({
      issues: [...entries.values()].map(({ issue }) => issue).filter((issue) => isWanted(issue, filter)),
      malformed: malformed.filter(({ row }) => !isOutside(row, filter)).map(({ why }) => why)
    })
  })
  const show: Beads["show"] = Effect.fn("BeadsCli.show")(function* (id) {
    return (yield* findEntry(store, `show ${id}`, id))?.issue
  })
  const claimsOf: Beads["claimsOf"] = Effect.fn("BeadsCli.claimsOf")(function* (actorPrefix) {
    const { entries } = yield* store.read("list")
    return [...entries.values()]
      .map(({ issue }) => issue)
      .filter(({ assignee, status }) => status === "in_progress" && assignee?.startsWith(actorPrefix) === true)
  })
  const heartbeat: Beads["heartbeat"] = Effect.fn("BeadsCli.heartbeat")(function* (id, actor) {
    const issue = yield* show(id)
    return isOurs(id, issue, actor) ? ({ _tag: "Alive", leaseExpiresAt: undefined } as const) : notOurs(issue)
  })
  return { openBugs, show, claimsOf, heartbeat }
}

/** Reads the issue, decides and writes its line, all under the lock. */
const change = <A, E>(store: JsonlStore, operation: string, id: BeadsId, decide: changes.Decide<A, E>) =>
  store.locked(
    operation,
    Effect.gen(function* () {
      const entry = yield* findEntry(store, operation, id)
      const now = DateTime.formatIso(yield* DateTime.now)
      const [answer, edits] = yield* decide(entry, now)
      if (entry !== undefined && edits !== undefined) {
        yield* store.write(operation, entry, { ...edits, updated_at: JSON.stringify(now) })
      }
      return answer
    })
  )

/**
 * The tracker on a `.beads/issues.jsonl` without a database. Each call reads the file. A change locks the file, edits the
 * issue's line and replaces the file atomically; all other lines stay byte for byte. Fails with `no_database` if a bd
 * database is beside the file.
 */
export const layer = (
  options: JsonlBeadsOptions
): Layer.Layer<BeadsCli, never, Exec | FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    BeadsCli,
    Effect.map(makeJsonlStore(options.file), (store): Beads => {
      const reads = readsOf(store)
      return {
        version: Effect.succeed(`JSONL file (${options.file})`),
        leases: Effect.succeed("none"),
        ...reads,
        claim: Effect.fn("BeadsCli.claim")(function* (id, actor) {
          const claim = yield* change(store, `claim ${id}`, id, changes.claim(id, actor))
          const after = claimStateOf(id, yield* reads.show(id), actor)
          if (after._tag === "Unavailable") return yield* after.failure
          return claim
        }),
        release: Effect.fn("BeadsCli.release")((id, actor) =>
          change(store, `release ${id}`, id, changes.release(id, actor))
        ),
        label: Effect.fn("BeadsCli.label")((id, _actor, label) =>
          change(store, `label ${id}`, id, changes.label(`label ${id}`, label))
        ),
        comment: Effect.fn("BeadsCli.comment")((id, actor, text) =>
          change(store, `comment ${id}`, id, changes.comment(`comment ${id}`, actor, text))
        )
      }
    })
  )
