import * as Command from "@effect/cli/Command"
import { Effect, Option, Schema } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { Actor, ACTOR_PREFIX } from "../../domain/Actor.ts"
import { EXIT } from "../../domain/exitCode.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { NotDone } from "../exit.ts"
import * as tools from "../tools.ts"
import { printResult } from "../terminal/Streams.ts"
import { actorOption, id } from "./claim.ts"

const isActor = Schema.is(Actor)

const notReleased = (issue: BeadsId, reason: string) => new NotDone({ message: `${issue} is not released: ${reason}` })

/** The named actor, else the holder if it is a dispatcher. Fails if the issue has no holder. */
const holderToRelease = Effect.fn("holderToRelease")(function* (issue: BeadsId, named: Option.Option<Actor>) {
  const beads = yield* BeadsCli
  const current = yield* beads.show(issue)
  if (current === undefined) return yield* notReleased(issue, "there is no such issue")
  if (current.assignee === undefined) return yield* notReleased(issue, "it is not claimed")
  if (Option.isSome(named)) return named.value
  if (isActor(current.assignee) && current.assignee.startsWith(ACTOR_PREFIX)) return current.assignee
  return yield* notReleased(issue, `held by ${current.assignee}, which is not a dispatcher`)
})

const release = Effect.fn("release")(function* (issue: BeadsId, actor: Option.Option<Actor>) {
  const [beads, runner] = yield* Effect.all([BeadsCli, DxRunner])
  const holder = yield* holderToRelease(issue, actor)
  const job = yield* Effect.mapError(runner.job(issue), ({ message }) =>
    notReleased(issue, `whether a job for it runs cannot be told: ${message}`)
  )
  if (job !== undefined && isLive(job)) {
    const what = job.phase === "unknown" ? `may run: ${job.reason ?? "that cannot be told"}` : "runs"
    return yield* notReleased(issue, `a job for it ${what} (${job.provider}, pid ${job.pid ?? "?"})`)
  }
  const released = yield* beads.release(issue, holder)
  if (released._tag !== "NotOurs") return holder
  const { holder: other, status } = released
  return yield* notReleased(issue, `${other === undefined ? "not claimed" : `held by ${other}`}, status ${status}`)
})

export const releaseCommand = Command.make(
  "release",
  { id, actor: actorOption("the holder, if it is a dispatcher") },
  (flags) =>
    release(flags.id, flags.actor).pipe(
      Effect.catchTag("TrackerFailed", ({ message }) => notReleased(flags.id, message)),
      Effect.flatMap((holder) => printResult(EXIT.ok, `released ${flags.id}, held by ${holder}`))
    )
).pipe(
  Command.withDescription("Release a dispatcher's claim: exit 0 only if it was held and is free now, 1 otherwise"),
  Command.provide(tools.layer)
)
