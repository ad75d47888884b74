import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import { Effect, Option, Schema } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { Actor, actorByHand } from "../../domain/Actor.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { BeadsId } from "../../domain/Ids.ts"
import { newRunId } from "../../domain/newRunId.ts"
import { ThisProcess } from "../../surroundings.ts"
import { notDone } from "../exit.ts"
import * as tools from "../tools.ts"
import { printResult } from "../terminal/Streams.ts"

export const id = Args.text({ name: "id" }).pipe(
  Args.mapTryCatch(Schema.decodeUnknownSync(BeadsId), () =>
    HelpDoc.p("an issue id looks like bd-a1b2: letters, digits and ._-, with a - inside")
  ),
  Args.withDescription("The issue, e.g. bd-a1b2")
)

/** The option that names the claim's actor; `fallback` describes the actor if the option is missing. */
export const actorOption = (fallback: string) =>
  Options.text("actor").pipe(
    Options.withPseudoName("name"),
    Options.mapTryCatch(Schema.decodeUnknownSync(Actor), () =>
      HelpDoc.p("an actor is letters, digits and @:_./- only")
    ),
    Options.optional,
    Options.withDescription(`Whose claim it is; else ${fallback}`)
  )

/** An actor for this call only. */
const newActor = Effect.gen(function* () {
  const { host } = yield* ThisProcess
  return actorByHand({ host, run: yield* newRunId })
})

export const claimCommand = Command.make("claim", { id, actor: actorOption("one made for this call") }, (flags) =>
  Effect.gen(function* () {
    const beads = yield* BeadsCli
    const actor = yield* Option.match(flags.actor, { onNone: () => newActor, onSome: Effect.succeed })
    const claim = yield* beads.claim(flags.id, actor).pipe(Effect.mapError(notDone("not claimed", flags.id)))
    return yield* printResult(EXIT.ok, `claimed ${claim.id} as ${claim.actor}`)
  })
).pipe(
  Command.withDescription("Claim an issue: exit 0 only if this call now holds it, 1 otherwise, with the holder"),
  Command.provide(tools.layer)
)
