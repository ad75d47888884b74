import * as Command from "@effect/cli/Command"
import { Effect, Layer, Option, Schema } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { Actor, ACTOR_PREFIX } from "../../domain/Actor.ts"
import { endingOf } from "../../domain/Attempt.ts"
import { EXIT } from "../../domain/exitCode.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { settleBug } from "../../dispatch/settle/settleBug.ts"
import { Journal } from "../../journal/Journal.ts"
import { layer, services } from "../../layer.ts"
import { newRun } from "../../locate.ts"
import { ThisProcess } from "../../surroundings.ts"
import { configured } from "../Configuration.ts"
import { NotDone, notDone } from "../exit.ts"
import { printResult } from "../terminal/Streams.ts"
import { actorOption, id } from "./claim.ts"

const isActor = Schema.is(Actor)

const notReleased = (issue: BeadsId, reason: string) => new NotDone({ where: issue, what: `not released: ${reason}` })

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

/**
 * Settles the attempt whose job has ended, so that its work is marked for review before another run may take the bug. How it
 * ended; `None` if this state directory has no open attempt at the bug, or cannot be used.
 */
const settleFirst = Effect.fn("release.settle")(function* (issue: BeadsId) {
  const journal = yield* Effect.serviceOption(Journal)
  const options = yield* newRun(yield* CurrentSettings, yield* ThisProcess).pipe(
    Effect.tapError(({ message }) => Effect.logWarning(`${issue}: the work of its job is not looked at: ${message}`)),
    Effect.option
  )
  if (Option.isNone(journal) || Option.isNone(options)) return Option.none()
  const settled = yield* Effect.provideService(settleBug(options.value, issue), Journal, journal.value)
  if (Option.isNone(settled)) return Option.none()
  switch (settled.value._tag) {
    case "Ended": {
      const ending = endingOf(settled.value.attempt)
      return Option.map(Option.fromNullable(ending), ({ detail, end }) => `${end}: ${detail}`)
    }
    case "Running":
      return yield* notReleased(
        issue,
        settled.value.attempt.phase === "verifying" ? "its work is being checked" : "a job for it runs"
      )
    case "Open":
      return yield* notReleased(issue, settled.value.why)
  }
})

/** Releases the claim; gives what was done, in words. */
const release = Effect.fn("release")(function* (issue: BeadsId, actor: Option.Option<Actor>) {
  const [beads, runner] = yield* Effect.all([BeadsCli, DxRunner])
  const holder = yield* holderToRelease(issue, actor)
  const text = `released ${issue}, held by ${holder}`
  const job = yield* Effect.mapError(
    runner.job(issue),
    notDone("not released: whether a job for it runs cannot be told", issue)
  )
  if (job !== undefined && isLive(job)) {
    const what = job.phase === "unknown" ? `may run: ${job.reason ?? "that cannot be told"}` : "runs"
    return yield* notReleased(issue, `a job for it ${what} (${job.provider}, pid ${job.pid ?? "?"})`)
  }
  const ended = yield* settleFirst(issue)
  if (Option.isSome(ended) && (yield* beads.show(issue))?.assignee === undefined) {
    return `${text}. Its job had ended: ${ended.value}`
  }
  const released = yield* beads.release(issue, holder)
  if (released._tag !== "NotOurs") return text
  const { holder: other, status } = released
  return yield* notReleased(issue, `${other === undefined ? "not claimed" : `held by ${other}`}, status ${status}`)
})

export const releaseCommand = Command.make(
  "release",
  { id, actor: actorOption("the holder, if it is a dispatcher") },
  (flags) =>
    release(flags.id, flags.actor).pipe(
      Effect.catchTag("TrackerFailed", (failure) => notDone("not released", flags.id)(failure)),
      Effect.flatMap((text) => printResult(EXIT.ok, text))
    )
).pipe(
  Command.withDescription("Release a dispatcher's claim: exit 0 only if it was held and is free now, 1 otherwise"),
  Command.provide(
    configured(({ settings }, surroundings) =>
      layer(settings, surroundings).pipe(
        // Also without a journal that can be used: a claim that is left behind must be freed by some means.
        Layer.catchAll(({ message }) =>
          Layer.tap(services(settings, surroundings), () =>
            Effect.logWarning(`the work of an ended job is not looked at: ${message}`)
          )
        )
      )
    )
  )
)
