import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Layer, Schema } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { makeProviderPool } from "../../dispatch/providers/ProviderPool.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { Leases } from "../../domain/Claim.ts"
import { ProviderCheck } from "../../domain/RunReport.ts"
import { services } from "../../layer.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { root } from "../root.ts"
import { printResult, load, logging, surroundings } from "../session.ts"
import { table } from "../rendering/table.ts"

const Report = Schema.Struct({
  tracker: Schema.String,
  /** Whether claims expire; absent when the tracker does not answer. */
  leases: Schema.optional(Leases),
  runner: Schema.String,
  available: Schema.Boolean,
  providers: Schema.Array(ProviderCheck)
})
const encodeReport = Schema.encodeSync(Schema.parseJson(Report))

const CLAIMS: Readonly<Record<Leases, string>> = {
  none: "claims last until they are given back",
  renewable: "claims are leases: renewed while run or settle is at work, and anybody's to reclaim some minutes after",
  fixed: "claims are leases that nothing here can renew: a long job may lose its claim"
}

const render = (report: typeof Report.Type): string =>
  [
    `tracker ${report.tracker}`,
    ...(report.leases === undefined ? [] : [`        ${CLAIMS[report.leases]}`]),
    `runner  ${report.runner}`,
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
        const [beads, runner] = yield* Effect.all([BeadsCli, DxRunner])
        const leases = yield* Effect.option(beads.leases)
        const pool = yield* makeProviderPool(settings.providers, runner.running)
        yield* Effect.forEach(settings.providers, (provider) => Effect.either(pool.preflight(provider)), {
          concurrency: "unbounded"
        })
        const checks = yield* pool.checks
        return {
          tracker: yield* Effect.merge(Effect.mapError(beads.version, (error) => error.message)),
          ...(leases._tag === "Some" ? { leases: leases.value } : {}),
          runner: yield* Effect.merge(Effect.mapError(runner.version, (error) => error.message)),
          available: checks.some((check) => check.available),
          providers: settings.providers.flatMap(({ name }) => checks.filter((check) => check.provider === name))
        }
      }).pipe(Effect.provide(Layer.merge(services(settings, yield* surroundings), logging(globals, false))))
      yield* printResult(report.available ? EXIT.ok : EXIT.no, json ? encodeReport(report) : render(report))
    })
).pipe(
  Command.withDescription("Check every provider of the chain and print what each said, and what the tracker can do")
)
