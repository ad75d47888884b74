import { Effect } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import type { ExecError, ExecResult } from "../../exec/Exec.ts"
import { complaint, readAnswer, saysNoDatabase } from "./output.ts"

/** A call that did not end by itself, or never began. */
export const failureOf = (operation: string, error: ExecError): TrackerFailed => {
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

/** A call that ended and said no. */
export const refusal = (operation: string, result: ExecResult): TrackerFailed => {
  const noDatabase = saysNoDatabase(result)
  const ending = result.signal === undefined ? `exit ${result.exitCode}` : result.signal
  return new TrackerFailed({
    operation,
    reason: noDatabase ? "no_database" : "refused",
    detail: `${complaint(result)} (${ending})`,
    blame: noDatabase ? "config" : "tracker"
  })
}

/** An answer that ended well and yet cannot be used. */
export const unreadable = (operation: string, detail: string): TrackerFailed =>
  new TrackerFailed({ operation, reason: "unreadable", detail, blame: "tracker" })

/** The rows in an answer. A failed call is never read as "no rows". */
export const rowsIn = (operation: string, result: ExecResult): Effect.Effect<ReadonlyArray<unknown>, TrackerFailed> => {
  const answer = readAnswer(result.stdout)
  if (result.exitCode !== 0 || answer._tag === "Refusal") return Effect.fail(refusal(operation, result))
  switch (answer._tag) {
    case "Rows":
      return Effect.succeed(answer.rows)
    case "Empty":
      return Effect.fail(unreadable(operation, `no answer on stdout: ${complaint(result)}`))
    case "Prose":
      return Effect.fail(unreadable(operation, `not JSON: ${complaint(result)}`))
  }
}
