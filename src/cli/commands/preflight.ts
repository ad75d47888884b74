import * as Command from "@effect/cli/Command"
import { Clock, Effect, Schema } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { recentResults, waitsNow } from "../../dispatch/providers/probation.ts"
import { makeProviderPool } from "../../dispatch/providers/ProviderPool.ts"
import { Leases } from "../../domain/Claim.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { localZone } from "../../domain/localZone.ts"
import { neededInWords, type Needed } from "../../domain/Needed.ts"
import { waitInWords, type LoginNeeded, type Waits } from "../../domain/ProviderWait.ts"
import { ProviderCheck } from "../../domain/RunReport.ts"
import { CurrentSettings, type Settings } from "../../domain/Settings.ts"
import { WatcherStanding } from "../../domain/Watching.ts"
import { scopeMaker } from "../../exec/scope.ts"
import { findState, repositoryOf } from "../../locate.ts"
import { viewLayer } from "../../layer.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { ThisProcess, type Surroundings } from "../../surroundings.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { table } from "../../report/text/table.ts"
import { configured } from "../Configuration.ts"
import { json } from "../root.ts"
import { printResult } from "../terminal/Streams.ts"
import { standingNow } from "../watcher/standing.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

const Report = Schema.Struct({
  tracker: Schema.String,
  /** Whether claims expire; absent if the tracker does not answer. */
  leases: Schema.optional(Leases),
  /** Whether a watcher lives beside the jobs. */
  watcher: WatcherStanding,
  runner: Schema.String,
  /** Whether a run could make worktrees: one was made and removed. */
  workspace: Schema.Struct({ works: Schema.Boolean, detail: Schema.String }),
  available: Schema.Boolean,
  providers: Schema.Array(ProviderCheck)
})
const encodeReport = jsonDocument(Report)

const CLAIMS: Readonly<Record<Leases, string>> = {
  none: "claims last until they are released",
  renewable:
    "claims are leases, renewed while run, settle or the watcher is at work; else any `bd reclaim` may free them",
  fixed: "claims are leases that cannot be renewed: a long job may lose its claim"
}

const answerOf = ({ detail, freeAt, lines, needs }: ProviderCheck, now: number): string => {
  const limit =
    freeAt === undefined ? [] : [`${waitInWords({ until: freeAt }, { now, zone: localZone })}: no run asks it before`]
  return [detail || (lines.at(-1) ?? ""), ...limit, ...(needs === undefined ? [] : [neededInWords(needs)])].join("; ")
}

const render = (report: typeof Report.Type, now: number): string =>
  [
    `tracker ${report.tracker}`,
    ...(report.leases === undefined ? [] : [`        ${CLAIMS[report.leases]}`]),
    `runner  ${report.runner}`,
    `watcher ${report.watcher.detail}`,
    `${report.workspace.works ? "" : "❌ "}${report.workspace.detail}`,
    "",
    table(
      ["provider", "works", "took", "answer"],
      report.providers.map((check) => [
        check.provider,
        check.available ? "yes" : "no",
        `${(check.durationMs / 1000).toFixed(1)} s`,
        answerOf(check, now)
      ])
    )
  ].join("\n")

/** Whether a trial worktree can be made from the repository of the settings. */
const tryWorkspace = Effect.fn("preflight.workspace")(function* (settings: Settings, surroundings: Surroundings) {
  const workspaces = yield* Workspaces
  const checked = Effect.flatMap(repositoryOf(settings, surroundings), (repository) =>
    Effect.zipRight(workspaces.check(repository), workspaces.version)
  )
  return yield* Effect.match(checked, {
    onSuccess: (version) => ({ works: true, detail: `worktree ${version}` }),
    onFailure: ({ message }) => ({ works: false, detail: message })
  })
})

/** A preflight that passes may not have asked the model, so runs wait for a person who says that the login is there. */
const afterLogin = ({ needed, retry }: LoginNeeded): Needed =>
  retry === undefined ? needed : { ...needed, next: `${needed.next}; then: nightly-dispatch retry ${retry}` }

/** The providers that a run would not ask now; none if the journal cannot be read. */
const waiting = Effect.orElseSucceed(Effect.flatMap(recentResults, waitsNow), (): Waits => new Map())

/** Asks the tracker, the runner, the workspaces, and every provider of the chain; the providers at the same time. */
const preflight = Effect.gen(function* () {
  const [beads, runner, settings, surroundings] = yield* Effect.all([BeadsCli, DxRunner, CurrentSettings, ThisProcess])
  const { providers } = settings
  const leases = yield* Effect.option(beads.leases)
  const { state } = yield* findState(settings, surroundings)
  const isScoped = (yield* scopeMaker(surroundings.environment)) !== undefined
  const pool = yield* makeProviderPool(providers, runner.running)
  yield* Effect.forEach(providers, (provider) => Effect.either(pool.preflight(provider)), { concurrency: "unbounded" })
  const waits = yield* waiting
  const checks = yield* pool.checks
  const withWait = (check: ProviderCheck): ProviderCheck => {
    const wait = waits.get(check.provider)
    return wait?.login === undefined
      ? { ...check, freeAt: check.freeAt ?? wait?.until }
      : { ...check, needs: check.needs ?? afterLogin(wait.login) }
  }
  return {
    tracker: yield* Effect.merge(Effect.mapError(beads.version, (error) => error.message)),
    ...(leases._tag === "Some" ? { leases: leases.value } : {}),
    watcher: yield* standingNow(settings, state.directory, isScoped),
    runner: yield* Effect.merge(Effect.mapError(runner.version, (error) => error.message)),
    workspace: yield* tryWorkspace(settings, surroundings),
    available: checks.some((check) => check.available),
    providers: providers.flatMap(({ name }) => checks.filter((check) => check.provider === name).map(withWait))
  } satisfies typeof Report.Type
}).pipe(Effect.scoped)

export const preflightCommand = Command.make("preflight", { json }, (flags) =>
  Effect.flatMap(Effect.all([preflight, Clock.currentTimeMillis]), ([report, now]) =>
    printResult(report.available ? EXIT.ok : EXIT.no, flags.json ? encodeReport(report) : render(report, now))
  )
).pipe(
  Command.withDescription(
    "Check every provider of the chain and print its answer, what the tracker can do, whether worktrees can be made, and whether a watcher lives"
  ),
  Command.provide(configured(({ settings }, surroundings) => viewLayer(settings, surroundings)))
)
