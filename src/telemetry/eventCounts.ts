import type { Event } from "../domain/Event.ts"
import { EXIT } from "../domain/exitCode.ts"
import type { RunId } from "../domain/Ids.ts"
import { sample, type Sample } from "./families.ts"

/** What an event counts for. */
export interface Count {
  /** Several processes may tell of the same: it counts once. `undefined`: it is told once. */
  readonly once?: string
  readonly samples: ReadonlyArray<Sample>
}

/** The runs of this process, as far as later events depend on them. */
export interface Runs {
  /** They count neither way: skipped runs. */
  readonly skipped: ReadonlySet<RunId>
  /** They have begun and not ended. */
  readonly begun: ReadonlySet<RunId>
}

export const NO_RUNS: Runs = { skipped: new Set(), begun: new Set() }

const EXITS: ReadonlySet<number> = new Set(Object.values(EXIT))

const exitLabel = (exit: number): string => (EXITS.has(exit) ? String(exit) : "other")

const without = (runs: ReadonlySet<RunId>, run: RunId): ReadonlySet<RunId> =>
  new Set([...runs].filter((other) => other !== run))

const INTERRUPTED: Count = { samples: [sample("nightly_dispatch_runs_total", { exit: "interrupted" })] }

/** The counts of runs that never ended, when their process ends. */
export const interrupted = ({ begun }: Runs): ReadonlyArray<Count> => [...begun].map(() => INTERRUPTED)

/**
 * What an event counts for, and the runs after it. `providers`: the names that may be labels. Dry runs count for nothing.
 *
 * @example
 * countOf(event, NO_RUNS, new Set(["opencode"]))[0]?.samples
 */
export const countOf = (
  event: Event,
  runs: Runs,
  providers: ReadonlySet<string>
): readonly [Count | undefined, Runs] => {
  const named = (provider: string | undefined): string =>
    provider === undefined ? "none" : providers.has(provider) ? provider : "other"
  const dispatch = (provider: string | undefined, result: string, durationMs: number) => [
    sample("nightly_dispatch_dispatches_total", { provider: named(provider), result }),
    sample("nightly_dispatch_dispatch_duration_seconds", { result }, durationMs / 1000)
  ]
  const counts = (...samples: ReadonlyArray<Sample>) => [{ samples }, runs] as const
  switch (event._tag) {
    case "RunBegun":
      return [undefined, event.dryRun ? runs : { ...runs, begun: new Set([...runs.begun, event.run]) }]
    case "RunSkipped":
      return [
        { samples: [sample("nightly_dispatch_runs_skipped_total", {})] },
        { ...runs, skipped: new Set([...runs.skipped, event.run]) }
      ]
    case "RunEnded": {
      const { dryRun, durationMs, end, exit, run } = event.report
      const rest = { begun: without(runs.begun, run), skipped: without(runs.skipped, run) }
      if (dryRun || runs.skipped.has(run)) return [undefined, rest]
      // A run that was interrupted before it began counts for nothing.
      if (end._tag === "interrupted") return [runs.begun.has(run) ? INTERRUPTED : undefined, rest]
      const samples = [
        sample("nightly_dispatch_runs_total", { exit: exitLabel(exit) }),
        sample("nightly_dispatch_run_duration_seconds", {}, durationMs / 1000)
      ]
      return [{ samples }, rest]
    }
    case "Dispatched":
      return counts(...dispatch(event.provider, "success", event.durationMs))
    case "Failed":
      return counts(
        ...dispatch(event.provider, "failure", event.durationMs),
        sample("nightly_dispatch_dispatch_failures_total", { code: event.code })
      )
    case "JobEnded": {
      const { actor, durationMs, end, provider } = event.job
      const samples = [
        sample("nightly_dispatch_jobs_ended_total", { provider: named(provider), end }),
        sample("nightly_dispatch_job_duration_seconds", { provider: named(provider) }, durationMs / 1000)
      ]
      return [{ once: actor, samples }, runs]
    }
    case "ProviderFallback":
      return counts(sample("nightly_dispatch_fallbacks_total", { from: named(event.from), to: named(event.to) }))
    default:
      return [undefined, runs]
  }
}
