import { Effect, Either } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Beads } from "../BeadsCli.ts"
import { claimStateOf, isOurs, notOurs } from "../claimState.ts"
import type { Capabilities } from "./capabilities.ts"
import type { BdChanges } from "./change.ts"
import { errorLine, saysUnknownUsage } from "./messages.ts"

/** The exit code of `bd update` when a guard (`--if-assignee`, `--if-status`) does not match. `unclaim` uses 1. */
const GUARD_MISMATCH = 13

/** With a guard, bd checks that the actor still holds the claim, in the same step as the release. */
const releaseArguments = (form: Capabilities["releaseForm"], id: BeadsId, actor: Actor): ReadonlyArray<string> => {
  const open = ["--status", "open", "--assignee", "", "--json"]
  switch (form) {
    case "guarded-update":
      return ["--actor", actor, "update", id, "--if-assignee", actor, "--if-status", "in_progress", ...open]
    case "guarded-unclaim":
      return ["--actor", actor, "unclaim", id, "--if-assignee", actor, "--json"]
    case "plain":
      return ["--actor", actor, "update", id, ...open]
  }
}

/** Runs the release. If bd does not know the command, the kept capabilities are out of date, so bd is asked for them again. */
const runRelease = (bd: BdChanges, operation: string, id: BeadsId, actor: Actor) =>
  Effect.gen(function* () {
    const call = Effect.flatMap(bd.capabilities, ({ releaseForm }) =>
      bd.change(operation, releaseArguments(releaseForm, id, actor))
    )
    const first = yield* call
    return Either.isRight(first) && saysUnknownUsage(first.right) ? yield* Effect.zipRight(bd.forget, call) : first
  })

/** Reads, releases if the claim is the actor's, reads again. */
export const makeRelease = (bd: BdChanges): Beads["release"] =>
  Effect.fn("BeadsCli.release")(function* (id, actor) {
    const operation = `release ${id}`
    const issue = yield* bd.show(id)
    const before = claimStateOf(id, issue, actor)._tag
    if (before === "Reopened" && (yield* bd.closeAgain(id, actor))) return { _tag: "Released" } as const
    if (before !== "Ours") return notOurs(issue)
    const change = yield* runRelease(bd, operation, id, actor)
    const after = yield* Effect.flatten(bd.readUntil(id, (issue) => !isOurs(id, issue, actor)))
    const state = claimStateOf(id, after, actor)._tag
    if (state === "Ours" || state === "Reopened") {
      const detail = `the claim is still held: ${Either.isLeft(change) ? change.left.detail : errorLine(change.right)}`
      return yield* new TrackerFailed({ operation, reason: "refused", detail, blame: "tracker" })
    }
    const exitCode = Either.isRight(change) ? change.right.exitCode : 0
    const lost = exitCode === GUARD_MISMATCH || (exitCode !== 0 && after?.assignee !== undefined)
    return lost || after?.status === "closed" ? notOurs(after) : ({ _tag: "Released" } as const)
  })
