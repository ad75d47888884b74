import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Option, Schema } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import type { SettleReport } from "../../dispatch/settle/settleEarlier.ts"
import { settleNow } from "../../dispatch/settle/settleNow.ts"
import { Attempt, endingOf, providerOf } from "../../domain/Attempt.ts"
import { layer } from "../../layer.ts"
import { root } from "../root.ts"
import { printResult, load, logging, surroundings, type Globals } from "../session.ts"
import { table } from "../rendering/table.ts"
import { withRun } from "../withRun.ts"

const Report = Schema.Struct({
  /** False while a run is active: then nothing was done. */
  settled: Schema.Boolean,
  attempts: Schema.Array(
    Schema.Struct({
      state: Schema.Literal("Ended", "Running", "Open"),
      /** Why it is still open. */
      why: Schema.optional(Schema.String),
      attempt: Attempt
    })
  )
})
const encodeReport = Schema.encodeSync(Schema.parseJson(Report))

const toReport = (told: Option.Option<SettleReport>): typeof Report.Type => ({
  settled: Option.isSome(told),
  attempts: Option.match(told, {
    onNone: () => [],
    onSome: ({ settled }) =>
      settled.map((one) => ({
        state: one._tag,
        attempt: one.attempt,
        ...(one._tag === "Open" ? { why: one.why } : {})
      }))
  })
})

const render = ({ attempts, settled }: typeof Report.Type): string => {
  if (!settled) return "another run is active: nothing was done"
  if (attempts.length === 0) return "nothing was left to settle"
  return table(
    ["bug", "attempt", "now", "detail"],
    attempts.map(({ attempt, state, why }) => [
      attempt.beads,
      `${attempt.number}, ${providerOf(attempt) ?? "no provider"}`,
      state === "Ended" ? (endingOf(attempt)?.end ?? "ended") : state === "Running" ? "running" : "still open",
      why ?? endingOf(attempt)?.detail ?? ""
    ])
  )
}

const settle = Effect.fn("settle")(function* (globals: Globals) {
  const { settings } = yield* load(globals, {})
  return yield* withRun(settings, layer(settings, yield* surroundings), settleNow)
})

export const settleCommand = Command.make(
  "settle",
  { json: Options.boolean("json").pipe(Options.withDescription("Print one JSON document")) },
  ({ json }) =>
    Effect.gen(function* () {
      const globals = yield* root
      const report = toReport(yield* settle(globals).pipe(Effect.provide(logging(globals, false))))
      yield* printResult(EXIT.ok, json ? encodeReport(report) : render(report))
    })
).pipe(
  Command.withDescription(
    "Bring what earlier runs left unfinished to an end, and keep the claims of running jobs alive"
  )
)
