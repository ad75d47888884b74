import { TrackerFailed } from "../../domain/Failure.ts"
import type { ExecError, ExecResult } from "../../exec/Exec.ts"
import { errorLine, saysNoDatabase } from "./messages.ts"

/** The failure of a call that did not start, or that we ended. */
export const execFailure = (operation: string, error: ExecError): TrackerFailed => {
  const failed = (reason: TrackerFailed["reason"], blame: TrackerFailed["blame"]) =>
    new TrackerFailed({ operation, reason, blame, detail: error.message })
  switch (error._tag) {
    case "ExecTimedOut":
      return failed("timeout", "tracker")
    case "ExecOutputTooLarge":
      return failed("too_much_output", "tracker")
    case "ExecNotStarted":
      switch (error.reason) {
        case "not_found":
        case "not_executable":
          return failed("not_found", error.command.includes("/") ? "config" : "host")
        case "bad_directory":
          return failed("not_found", "config")
        case "no_resources":
          return failed("refused", "host")
      }
  }
}

/** The failure of a call in which bd reported an error. */
export const bdError = (operation: string, result: ExecResult): TrackerFailed => {
  const noDatabase = saysNoDatabase(result)
  const ending = result.signal === undefined ? `exit ${result.exitCode}` : result.signal
  return new TrackerFailed({
    operation,
    reason: noDatabase ? "no_database" : "refused",
    detail: `${errorLine(result)} (${ending})`,
    blame: noDatabase ? "config" : "tracker"
  })
}

/** The failure of a call in which bd reported success but printed something that cannot be read. */
export const unreadable = (operation: string, detail: string): TrackerFailed =>
  new TrackerFailed({ operation, reason: "unreadable", detail, blame: "tracker" })
