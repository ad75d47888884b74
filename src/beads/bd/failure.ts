import { TrackerFailed } from "../../domain/Failure.ts"
import type { ExecError, ExecResult } from "../../exec/Exec.ts"
import { errorLine } from "./messages.ts"

/** The failure of a call of bd that did not start, or that was ended at a limit of ours. */
export const execFailure = (operation: string, error: ExecError): TrackerFailed => {
  const failed = (reason: TrackerFailed["reason"], blame: TrackerFailed["blame"], next?: string) =>
    new TrackerFailed({ operation, reason, blame, detail: error.message, next })
  if (error._tag === "ExecTimedOut") return failed("timeout", "tracker")
  if (error._tag === "ExecOutputTooLarge") return failed("too_much_output", "tracker", "Raise beads.maxOutput")
  if (error.reason === "no_resources") return failed("refused", "host")
  if (error.reason === "bad_directory") return failed("not_found", "config", "Start it in a directory that exists")
  return error.command.includes("/")
    ? failed("not_found", "config", "Correct beads.path")
    : failed("not_found", "host", "Install bd on cron's PATH, set beads.path, or set beads.backend: jsonl")
}

/** The failure of a call in which bd reported an error. */
export const bdError = (operation: string, result: ExecResult): TrackerFailed => {
  const ending = result.signal === undefined ? `exit ${result.exitCode}` : result.signal
  const detail = `${errorLine(result)} (${ending})`
  return new TrackerFailed({ operation, reason: "refused", detail, blame: "tracker" })
}

/** The failure of a call in which bd reported success but printed something that cannot be read. */
export const unreadable = (operation: string, detail: string): TrackerFailed =>
  new TrackerFailed({ operation, reason: "unreadable", detail, blame: "tracker" })
