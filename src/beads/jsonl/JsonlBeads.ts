import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, Either, Layer, Option } from "effect"
import type { Actor } from "../../domain/Actor.ts"
import { Claim } from "../../domain/Claim.ts"
import { ClaimFailed, TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Intake } from "../../domain/Issue.ts"
import { makeNotices, type Notices } from "../../domain/notices.ts"
import type { Exec } from "../../exec/Exec.ts"
import { BeadsCli, type Beads } from "../BeadsCli.ts"
import { claimStateOf, isOurs, notOurs } from "../claimState.ts"
import { isOutside, isWanted, malformedIn, othersIn } from "../intake.ts"
import * as changes from "./changes.ts"
import type { Row } from "./lines.ts"
import { makeJsonlStore, type JsonlStore } from "./store.ts"

/** The file that is the tracker. */
export interface JsonlBeadsOptions {
  /** The absolute path of `.beads/issues.jsonl`. */
  readonly file: string
}

/** Without a status a record is an open issue. */
const mayBeOpen = (row: Row | undefined): boolean =>
  ["open", "", null, undefined].some((open) => row?.["status"] === open)

const readsOf = (store: JsonlStore, notices: Notices) => {
  const openBugs: Beads["openBugs"] = Effect.fn("BeadsCli.openBugs")(function* (filter) {
    const { issues, malformed, outdated } = yield* store.read("list", {
      isAsked: (row) => !isOutside(row, filter),
      isWanted: (issue) => isWanted(issue, filter)
    })
    yield* Effect.forEach(outdated, (text) => notices.warn(text, text))
    const unread = malformed.flatMap(({ rows, why }) => malformedIn(rows, why, filter))
    const isEmpty = issues.length + unread.length === 0
    const open = isEmpty ? yield* store.read("list", { isAsked: mayBeOpen, isWanted: () => true }) : undefined
    const others = open === undefined ? undefined : othersIn(open.issues, filter)
    return new Intake({ issues, malformed: unread, others }, { disableValidation: true })
  })
  const show: Beads["show"] = Effect.fn("BeadsCli.show")(function* (id) {
    return yield* store.find(`show ${id}`, id)
  })
  const claimsOf: Beads["claimsOf"] = Effect.fn("BeadsCli.claimsOf")(function* (actorPrefix) {
    const { issues, unreadable } = yield* store.claims("list", actorPrefix)
    if (unreadable.length === 0) return issues
    const detail = `${unreadable.join(", ")} cannot be read, but may be our claim. Mend the line`
    return yield* new TrackerFailed({ operation: "list claims", reason: "unreadable", detail, blame: "tracker" })
  })
  const heartbeat: Beads["heartbeat"] = Effect.fn("BeadsCli.heartbeat")(function* (id, actor) {
    const issue = yield* show(id)
    return isOurs(id, issue, actor) ? ({ _tag: "Alive", leaseExpiresAt: undefined } as const) : notOurs(issue)
  })
  return { openBugs, show, claimsOf, heartbeat }
}

/**
 * Claims the issue and reads it back. Only the file tells whether the claim is ours: a failure may come after the change, and
 * another program may replace the file after a success.
 */
const claimAndReadBack = Effect.fn("BeadsCli.claim")(function* (
  store: JsonlStore,
  show: Beads["show"],
  id: BeadsId,
  actor: Actor
): Effect.fn.Return<Claim, ClaimFailed | TrackerFailed> {
  const unknown = (detail: string) => new ClaimFailed({ beads: id, reason: "unknown", detail })
  const change = yield* Effect.either(store.change(`claim ${id}`, id, changes.claim(id, actor)))
  const failure = Option.getOrUndefined(Either.getLeft(change))
  // Only a failure of the host may come after the change.
  if (failure?._tag === "ClaimFailed" || (failure !== undefined && failure.reason !== "refused")) return yield* failure
  const issue = yield* Effect.mapError(show(id), ({ message }) =>
    unknown(`${failure === undefined ? "" : `${failure.message}; `}it cannot be read back: ${message}`)
  )
  const state = claimStateOf(id, issue, actor)
  if (state._tag === "Ours") {
    if (failure !== undefined) yield* Effect.logWarning(`${id} is claimed all the same: ${failure.message}`)
    return new Claim({ id, actor })
  }
  if (failure !== undefined) return yield* failure
  return yield* state._tag === "Unavailable" ? state.failure : unknown("another program removed the claim at once")
})

export const layer = (
  options: JsonlBeadsOptions
): Layer.Layer<BeadsCli, never, Exec | FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    BeadsCli,
    Effect.map(Effect.all([makeJsonlStore(options.file), makeNotices]), ([store, notices]): Beads => {
      const reads = readsOf(store, notices)
      return {
        version: Effect.succeed(`JSONL file (${options.file})`),
        leases: Effect.succeed("none"),
        ...reads,
        claim: (id, actor) => claimAndReadBack(store, reads.show, id, actor),
        release: Effect.fn("BeadsCli.release")((id, actor) =>
          store.change(`release ${id}`, id, changes.release(id, actor))
        ),
        label: Effect.fn("BeadsCli.label")((id, _actor, label) =>
          store.change(`label ${id}`, id, changes.label(`label ${id}`, label))
        ),
        unlabel: Effect.fn("BeadsCli.unlabel")((id, _actor, label) =>
          store.change(`unlabel ${id}`, id, changes.unlabel(`unlabel ${id}`, label))
        ),
        close: Effect.fn("BeadsCli.close")((id, _actor, reason) =>
          store.change(`close ${id}`, id, changes.close(`close ${id}`, reason))
        ),
        comment: Effect.fn("BeadsCli.comment")((id, actor, text) =>
          store.change(`comment ${id}`, id, changes.comment(`comment ${id}`, actor, text))
        )
      }
    })
  )
