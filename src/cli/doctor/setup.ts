import { Effect, Either } from "effect"
import { locateSendmail } from "../../alerts/channels/mail.ts"
import { hasChannel, type Settings } from "../../domain/Settings.ts"
import type { WatcherStanding } from "../../domain/Watching.ts"
import { scopeMaker } from "../../exec/scope.ts"
import { JournalQueries } from "../../journal/JournalQueries.ts"
import { inTime } from "../../report/lookup/inTime.ts"
import type { LoadedSettings } from "../../settings/load.ts"
import type { ConfigInvalid, Problem } from "../../settings/problems.ts"
import { shownSettings } from "../settings/show.ts"
import { standingNow } from "../watcher/standing.ts"
import { none, ok, problem, warning, type Finding } from "./Finding.ts"
import { findTool, INSTALL, missingTool, type Both, type Tool } from "./tool.ts"

export interface SettingsFacts {
  /** Left: everything that is wrong with those that cron's run would read. */
  readonly cron: Either.Either<{ readonly file: string | undefined }, ReadonlyArray<Problem>>
  /** The keys whose values differ in this shell. `undefined`: one of the two cannot be loaded. */
  readonly differ: ReadonlyArray<string> | undefined
}

type Loaded = Either.Either<LoadedSettings, ConfigInvalid>

/** What a run from cron would read, beside what this shell reads. */
export const settingsFacts = (cron: Loaded, shell: Loaded): SettingsFacts => {
  const here = Either.isRight(shell) ? shownSettings(shell.right).settings : undefined
  const differ =
    here === undefined || Either.isLeft(cron)
      ? undefined
      : shownSettings(cron.right).settings.flatMap(({ key, value }, index) =>
          JSON.stringify(value) === JSON.stringify(here[index]?.value) ? [] : [key]
        )
  return {
    cron: Either.mapBoth(cron, { onLeft: ({ problems }) => problems, onRight: ({ file }) => ({ file }) }),
    differ
  }
}

export const settingsFindings = ({ cron, differ }: SettingsFacts): ReadonlyArray<Finding> => {
  if (Either.isLeft(cron)) {
    return cron.left.map(({ message, path, source }) =>
      problem("settings", `${path === "" ? "" : `${path}: `}${message}`, `mend it in: ${source}`)
    )
  }
  const from = cron.right.file ?? "no settings file: the defaults and the variables"
  if (differ === undefined)
    return [
      ok("settings", from),
      warning("settings", "those of your shell cannot be read", "nightly-dispatch config show")
    ]
  if (differ.length === 0) return [ok("settings", from)]
  return [
    ok("settings", from),
    warning("settings", `under cron these differ from your shell's: ${differ.join(", ")}`, INSTALL)
  ]
}

export interface AlertFacts {
  readonly channels: ReadonlyArray<string>
  readonly isTold: boolean
  /** The operator's own program, if one is set. */
  readonly command: Tool | undefined
  /** Whether cron's run finds the sendmail that mail needs; `undefined` if no mail is set. */
  readonly hasSendmail: boolean | undefined
}

export const gatherAlerts = (settings: Settings, both: Both) =>
  Effect.gen(function* () {
    const { command, deadMan, mail, sendmail, slack, webhook } = settings.alerts
    const named = { slack, webhook, mail: mail[0], command: command?.[0], heartbeat: deadMan }
    return {
      channels: Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [name])),
      isTold: hasChannel(settings),
      command: command === undefined ? undefined : yield* findTool(command[0], both),
      hasSendmail: mail.length === 0 ? undefined : (yield* locateSendmail(sendmail)) !== undefined
    } satisfies AlertFacts
  })

const NO_SENDMAIL = problem(
  "alerts",
  "alerts.mail is set, and a run from cron finds no sendmail: no mail is sent",
  "sudo apt-get install msmtp-mta, or alerts.sendmail: FILE in the settings"
)

export const alertFindings = ({ channels, command, hasSendmail, isTold }: AlertFacts): ReadonlyArray<Finding> => {
  const missing = [
    ...(command === undefined
      ? []
      : missingTool("alerts", command, "it cannot tell of any alert", "alerts.command in the settings")),
    ...(hasSendmail === false ? [NO_SENDMAIL] : [])
  ]
  if (missing.length > 0) return missing
  if (channels.length === 0) {
    return [
      none(
        "alerts",
        "no channel is set, so you get no message when a run fails or does not come",
        "nightly-dispatch config init --alerts"
      )
    ]
  }
  const what = channels.join(", ")
  return isTold
    ? [ok("alerts", `${what}; try it: nightly-dispatch alerts test`)]
    : [warning("alerts", `${what} only: it tells that runs come, and nothing else`, "alerts in the settings")]
}

export interface WatcherFacts {
  readonly standing: WatcherStanding
  /** The open attempts with a job; left: why the journal does not tell. */
  readonly jobs: Either.Either<number, string>
}

export const gatherWatcher = Effect.fn("doctor.watcher")(function* (settings: Settings, directory: string, both: Both) {
  const standing = yield* standingNow(settings, directory, (yield* scopeMaker(both.cron)) !== undefined)
  const { open } = yield* JournalQueries
  const jobs = Either.map(yield* inTime(open), (attempts) => attempts.filter(({ hadJob }) => hadJob).length)
  return { standing, jobs } satisfies WatcherFacts
})

const withoutWatcher = (jobs: WatcherFacts["jobs"], detail: string): Finding => {
  if (Either.isLeft(jobs)) return warning("watcher", `none, and whether a job is not settled is unknown: ${jobs.left}`)
  if (jobs.right === 0) return ok("watcher", detail)
  const open = jobs.right === 1 ? "one job is" : `${jobs.right} jobs are`
  return warning(
    "watcher",
    `none, and ${open} not settled: nothing renews claims until the next run`,
    "nightly-dispatch settle"
  )
}

export const watcherFindings = ({ jobs, standing: { detail, state } }: WatcherFacts): ReadonlyArray<Finding> => {
  switch (state) {
    case "stopped":
      return [problem("watcher", detail, /kill -CONT \d+/.exec(detail)?.[0] ?? "nightly-dispatch preflight")]
    case "ends_with_run":
      // None lives now: one that would end with its run settles the jobs of an earlier run as little as none at all.
      return [
        ...(Either.isRight(jobs) && jobs.right === 0 ? [] : [withoutWatcher(jobs, detail)]),
        warning("watcher", detail)
      ]
    case "not_started":
      return [warning("watcher", detail)]
    case "off":
      return [none("watcher", `${detail}: jobs are settled by the next run`, "watch: auto in the settings")]
    case "none":
      return [withoutWatcher(jobs, detail)]
    case "watches":
      return [ok("watcher", detail)]
  }
}
