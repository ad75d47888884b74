import * as Command from "@effect/cli/Command"
import { Effect, Schema } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { makeProviderPool } from "../../dispatch/providers/ProviderPool.ts"
import { Leases } from "../../domain/Claim.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { ProviderCheck } from "../../domain/RunReport.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { table } from "../rendering/table.ts"
import { json } from "../root.ts"
import { printResult } from "../terminal/Streams.ts"
import * as tools from "../tools.ts"

const Report = Schema.Struct({
  tracker: Schema.String,
  /** Whether claims expire; absent if the tracker does not answer. */
  leases: Schema.optional(Leases),
  runner: Schema.String,
  available: Schema.Boolean,
  providers: Schema.Array(ProviderCheck)
})
const encodeReport = Schema.encodeSync(Schema.parseJson(Report))

const CLAIMS: Readonly<Record<Leases, string>> = {
  none: "claims last until they are released",
  renewable: "claims are leases: renewed while run or settle is at work; minutes later, any `bd reclaim` may free them",
  fixed: "claims are leases that cannot be renewed: a long job may lose its claim"
}

const render = (report: typeof Report.Type): string =>
  [
    `tracker ${report.tracker}`,
    ...(report.leases === undefined ? [] : [`        ${CLAIMS[report.leases]}`]),
    `runner  ${report.runner}`,
    "",
    table(
      ["provider", "works", "took", "answer"],
      report.providers.map(({ available, detail, durationMs, lines, provider }) => [
        provider,
        available ? "yes" : "no",
        `${(durationMs / 1000).toFixed(1)} s`,
        detail || (lines.at(-1) ?? "")
      ])
    )
  ].join("\n")

/** Asks the tracker, the runner, and every provider of the chain; the providers at the same time. */
const preflight = Effect.gen(function* () {
  const [beads, runner] = yield* Effect.all([BeadsCli, DxRunner])
  const { providers } = yield* CurrentSettings
  const leases = yield* Effect.option(beads.leases)
  const pool = yield* makeProviderPool(providers, runner.running)
  yield* Effect.forEach(providers, (provider) => Effect.either(pool.preflight(provider)), { concurrency: "unbounded" })
  const checks = yield* pool.checks
  return {
    tracker: yield* Effect.merge(Effect.mapError(beads.version, (error) => error.message)),
    ...(leases._tag === "Some" ? { leases: leases.value } : {}),
    runner: yield* Effect.merge(Effect.mapError(runner.version, (error) => error.message)),
    available: checks.some((check) => check.available),
    providers: providers.flatMap(({ name }) => checks.filter((check) => check.provider === name))
  } satisfies typeof Report.Type
})

export const preflightCommand = Command.make("preflight", { json }, (flags) =>
  Effect.flatMap(preflight, (report) =>
    printResult(report.available ? EXIT.ok : EXIT.no, flags.json ? encodeReport(report) : render(report))
  )
).pipe(
  Command.withDescription("Check every provider of the chain and print its answer, and what the tracker can do"),
  Command.provide(tools.layer)
)
