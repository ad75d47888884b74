import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import { Effect, Layer, Option, Schema } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { Actor, ACTOR_PREFIX, actorOf } from "../../domain/Actor.ts"
import { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import { services } from "../../layer.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { root } from "../root.ts"
import { newRunId } from "../runId.ts"
import { printResult, failWith, load, logging, surroundings } from "../session.ts"
import { Terminal } from "../terminal/Terminal.ts"

const ID_SHAPE = "an issue id looks like bd-a1b2: letters, digits, '.', '_' and '-', with a '-' inside"

const id = Args.text({ name: "id" }).pipe(
  Args.mapTryCatch(Schema.decodeUnknownSync(BeadsId), () => HelpDoc.p(ID_SHAPE)),
  Args.withDescription("The issue, e.g. bd-a1b2")
)
const actor = Options.text("actor").pipe(
  Options.mapTryCatch(Schema.decodeUnknownSync(Actor), () => HelpDoc.p("an actor is letters, digits and @:_./- only")),
  Options.optional,
  Options.withDescription(
    "Whose claim it is; else one made for this call (claim), or the holder if it is ours (release)"
  )
)

const withTracker = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const globals = yield* root
    const { settings } = yield* load(globals, {})
    return yield* Effect.provide(program, Layer.merge(services(settings, yield* surroundings), logging(globals, false)))
  })

export const claimCommand = Command.make("claim", { id, actor }, (flags) =>
  withTracker(
    Effect.gen(function* () {
      const beads = yield* BeadsCli
      const { host } = yield* Terminal
      // Attempt 0: a claim made by hand, which no run takes for one that it has lost.
      const own = actorOf({ host, run: yield* newRunId(host, ""), attempt: 0 })
      const claim = yield* beads
        .claim(
          flags.id,
          Option.getOrElse(flags.actor, () => own)
        )
        .pipe(
          Effect.catchTags({
            ClaimFailed: (error) => failWith(EXIT.no, `${flags.id} is not claimed: ${error.message}`),
            TrackerFailed: (error) => failWith(EXIT.no, `${flags.id} is not claimed: ${error.message}`)
          })
        )
      yield* printResult(EXIT.ok, `claimed ${claim.id} as ${claim.actor}`)
    })
  )
).pipe(Command.withDescription("Claim an issue: exit 0 only if this call now holds it, 1 otherwise, with the holder"))

/** Whose claim to failWith back: the named one's, or the holder's if a dispatcher holds it. */
const holderToRelease = Effect.fn("holderToRelease")(function* (issue: BeadsId, named: Option.Option<Actor>) {
  const beads = yield* BeadsCli
  const now = yield* beads.show(issue)
  if (now === undefined) return yield* failWith(EXIT.no, `${issue} is not released: there is no such issue`)
  if (now.assignee === undefined) return yield* failWith(EXIT.no, `${issue} is not released: nobody holds it`)
  if (Option.isSome(named)) return named.value
  if (!now.assignee.startsWith(ACTOR_PREFIX)) {
    return yield* failWith(EXIT.no, `${issue} is not released: held by ${now.assignee}, who is no dispatcher`)
  }
  return Actor.make(now.assignee)
})

export const releaseCommand = Command.make("release", { id, actor }, (flags) =>
  withTracker(
    Effect.gen(function* () {
      const [beads, runner] = yield* Effect.all([BeadsCli, DxRunner])
      const holder = yield* holderToRelease(flags.id, flags.actor)
      const job = yield* Effect.orElseSucceed(runner.job(flags.id), () => undefined)
      if (job !== undefined && isLive(job)) {
        return yield* failWith(
          EXIT.no,
          `${flags.id} is not released: a job for it runs (${job.provider}, pid ${job.pid ?? "?"})`
        )
      }
      const released = yield* beads.release(flags.id, holder)
      if (released._tag === "NotOurs") {
        return yield* failWith(
          EXIT.no,
          `${flags.id} is not released: held by ${released.holder ?? "nobody"}, status ${released.status}`
        )
      }
      yield* printResult(EXIT.ok, `released ${flags.id}, held by ${holder}`)
    }).pipe(
      Effect.catchTag("TrackerFailed", (error) => failWith(EXIT.no, `${flags.id} is not released: ${error.message}`))
    )
  )
).pipe(
  Command.withDescription("Give a dispatcher's claim back: exit 0 only if it was held and is free now, 1 otherwise")
)
