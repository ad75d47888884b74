import { Effect, Either } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { Leases } from "../../domain/Claim.ts"
import type { TrackerFailed } from "../../domain/Failure.ts"
import type { Intake } from "../../domain/Issue.ts"
import type { Settings } from "../../domain/Settings.ts"
import { shellWord } from "../../domain/shellWord.ts"
import { ok, problem, warning, type Finding } from "./Finding.ts"
import { findTool, isOnlyInShell, onlyInShell, type Both, type Tool } from "./tool.ts"

export interface TrackerFacts {
  readonly backend: Settings["beads"]["backend"]
  readonly bd: Tool
  /** The tracker's directory; `undefined` if there is none. */
  readonly directory: string | undefined
  readonly version: Either.Either<string, TrackerFailed>
  readonly leases: Either.Either<Leases, TrackerFailed>
  readonly intake: Either.Either<Intake, TrackerFailed>
  readonly watch: Settings["watch"]
}

/** Asks the tracker, which a run asks the same. Each call has the tracker's own time limit. */
export const gatherTracker = Effect.fn("doctor.tracker")(function* (
  { beads: { backend, path }, intake, watch }: Settings,
  directory: string | undefined,
  both: Both
) {
  const beads = yield* BeadsCli
  return yield* Effect.all(
    {
      backend: Effect.succeed(backend),
      bd: findTool(path, both),
      directory: Effect.succeed(directory),
      version: Effect.either(beads.version),
      leases: Effect.either(beads.leases),
      intake: Effect.either(beads.openBugs(intake)),
      watch: Effect.succeed(watch)
    },
    { concurrency: "unbounded" }
  )
})

/** What mends a failure of the tracker. */
const mendOf = ({ reason }: Pick<TrackerFailed, "reason">, directory: string | undefined): string => {
  const cd = directory === undefined ? "" : `cd ${shellWord(directory.replace(/\/\.beads$/, ""))} && `
  switch (reason) {
    case "not_found":
      return "install bd, or beads.path in the settings"
    case "migration":
      return `${cd}bd migrate schema, or upgrade bd`
    case "no_database":
      return directory === undefined ? "bd init in the repository, or beads.dir in the settings" : `${cd}bd doctor`
    case "unreadable":
      return `${cd}git status, and mend the file`
    case "frozen":
      return "remove the freeze marker when the migration is over"
    case "row_cap":
    case "too_much_output":
      return "beads.maxOutput in the settings, or bd's own row limit"
    case "timeout":
      return "timeouts.beads in the settings"
    case "refused":
      return `${cd}bd doctor`
  }
}

const CLAIMS: Readonly<Record<Leases, string>> = {
  none: "claims last until they are released",
  renewable: "claims are leases, renewed by the watcher",
  fixed: "claims are leases that cannot be renewed"
}

/** Findings about leases that nothing renews. */
const leaseFindings = ({ leases, watch }: TrackerFacts): ReadonlyArray<Finding> => {
  if (Either.isLeft(leases) || leases.right === "none") return []
  if (leases.right === "fixed") {
    return [
      warning("tracker", "claims are leases that this bd cannot renew: a long job may lose its claim", "upgrade bd")
    ]
  }
  return watch === "never"
    ? [
        warning(
          "tracker",
          "claims are leases, and without a watcher nothing renews them between two runs",
          "watch: auto in the settings"
        )
      ]
    : []
}

/** The oldest bd that we can use, and the oldest whose claims are atomic. */
const [OLDEST, ATOMIC] = [
  [0, 46, 0],
  [0, 49, 4]
] as const

const isBefore = (version: string, [major, minor, patch]: readonly [number, number, number]): boolean => {
  const found = /^bd (\d+)\.(\d+)\.(\d+)/.exec(version)
  if (found === null) return false
  const order = [Number(found[1]) - major, Number(found[2]) - minor, Number(found[3]) - patch]
  return (order.find((each) => each !== 0) ?? 0) < 0
}

const versionFindings = (version: string): ReadonlyArray<Finding> => {
  if (isBefore(version, OLDEST))
    return [problem("tracker", `${version} is too old: 0.46 or later is needed`, "upgrade bd")]
  return isBefore(version, ATOMIC)
    ? [
        warning(
          "tracker",
          `${version}: two claims at once may both win; 0.49.4 or later lets only one win`,
          "upgrade bd"
        )
      ]
    : []
}

export const trackerFindings = (facts: TrackerFacts): ReadonlyArray<Finding> => {
  const { backend, bd, directory, intake, leases, version } = facts
  if (backend !== "jsonl" && isOnlyInShell(bd)) return [onlyInShell("tracker", bd)]
  if (Either.isLeft(version)) return [problem("tracker", version.left.detail, mendOf(version.left, directory))]
  const old = versionFindings(version.right)
  if (directory === undefined) {
    const what = "there is no .beads directory at or above the repository"
    return [...old, problem("tracker", what, mendOf({ reason: "no_database" }, directory))]
  }
  if (Either.isLeft(intake)) {
    const { detail, operation } = intake.left
    return [...old, problem("tracker", `${operation}: ${detail}`, mendOf(intake.left, directory))]
  }
  const { issues, malformed } = intake.right
  const bad = [
    ...old,
    ...leaseFindings(facts),
    ...(Either.isLeft(leases) ? [warning("tracker", `cannot tell whether claims expire: ${leases.left.detail}`)] : []),
    ...(malformed.length > 0
      ? [
          warning(
            "tracker",
            `${malformed.length} records cannot be read, so they are not dispatched`,
            "nightly-dispatch run --dry-run"
          )
        ]
      : [])
  ]
  if (bad.some(({ level }) => level === "problem")) return bad
  const claims = Either.isRight(leases) ? `; ${CLAIMS[leases.right]}` : ""
  return [
    ok(
      "tracker",
      `${version.right}, ${issues.length} open ${issues.length === 1 ? "bug" : "bugs"} of the wanted kind${claims}`
    ),
    ...bad
  ]
}
