import { Effect, Either } from "effect"
import { Exec } from "../../exec/Exec.ts"

const DAEMONS = ["cron", "crond", "fcron", "bcron-sched"]
/** Starts cron itself as soon as a user has a crontab. */
const STARTER = "launchd"

/**
 * Whether a cron daemon runs here, which starts what crontabs say. `undefined`: that cannot be told.
 *
 * @example
 * if ((yield* cronDaemonRuns) === false) yield* Effect.logWarning("no cron daemon runs")
 */
export const cronDaemonRuns = Effect.gen(function* () {
  const exec = yield* Exec
  const listed = yield* Effect.either(
    exec.run({ tool: "system", command: "ps", args: ["-A", "-o", "comm="], cwd: "/", timeout: "10 seconds" })
  )
  if (Either.isLeft(listed) || listed.right.exitCode !== 0) return undefined
  const names = new Set(listed.right.stdout.split("\n").map((name) => name.trim().split("/").at(-1) ?? ""))
  return [...DAEMONS, STARTER].some((name) => names.has(name))
}).pipe(Effect.withSpan("cronDaemonRuns"))

/** The message for a host where no cron daemon runs. */
export const NO_DAEMON =
  "no cron daemon runs here, so cron starts nothing. Start it: sudo systemctl enable --now cron (crond on Fedora), " +
  "or sudo service cron start"
