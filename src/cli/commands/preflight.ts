import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Layer, Schema } from "effect"
import { makeProviderPool } from "../../dispatch/ProviderPool.ts"
import { EXIT } from "../../dispatch/exitCode.ts"
import { ProviderCheck } from "../../domain/Outcome.ts"
import { services } from "../../layer.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { root } from "../root.ts"
import { finish, load, logging, surroundings } from "../session.ts"
import { table } from "../table.ts"

const Report = Schema.Struct({
  runner: Schema.String,
  available: Schema.Boolean,
  providers: Schema.Array(ProviderCheck)
})
const encodeReport = Schema.encodeSync(Schema.parseJson(Report))

const render = (report: typeof Report.Type): string =>
  [
    `runner ${report.runner}`,
    "",
    table(
      ["provider", "works", "took", "said"],
      report.providers.map(({ available, detail, durationMs, lines, provider }) => [
        provider,
        available ? "yes" : "no",
        `${(durationMs / 1000).toFixed(1)} s`,
        detail || (lines.at(-1) ?? "")
      ])
    )
  ].join("\n")

export const preflightCommand = Command.make(
  "preflight",
  { json: Options.boolean("json").pipe(Options.withDescription("Print one JSON document")) },
  ({ json }) =>
    Effect.gen(function* () {
      const globals = yield* root
      const { settings } = yield* load(globals, {})
      const report = yield* Effect.gen(function* () {
        const runner = yield* DxRunner
        const pool = yield* makeProviderPool(settings.providers, runner.running)
        yield* Effect.forEach(settings.providers, (provider) => Effect.either(pool.preflight(provider)), {
          concurrency: "unbounded"
        })
        const checks = yield* pool.checks
        return {
          runner: yield* Effect.merge(Effect.mapError(runner.version, (error) => error.message)),
          available: checks.some((check) => check.available),
          providers: settings.providers.flatMap(({ name }) => checks.filter((check) => check.provider === name))
        }
      }).pipe(Effect.provide(Layer.merge(services(settings, yield* surroundings), logging(globals, false))))
      yield* finish(report.available ? EXIT.ok : EXIT.no, json ? encodeReport(report) : render(report))
    })
).pipe(Command.withDescription("Check every provider of the chain and print what each said"))
