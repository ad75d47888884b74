import { Duration, Effect } from "effect"
import { Redact } from "../../domain/Redaction.ts"
import { colourless, excerpt, oneLine } from "../../domain/Text.ts"
import { Exec, type ExecError, type ExecResult } from "../../exec/Exec.ts"
import { SEND_TIME } from "../Channel.ts"
import { SendFailed } from "../SendFailed.ts"

/** A program that takes a message on stdin. */
interface Program {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly input: string
  /** What to do if it cannot be started. */
  readonly advice: string
}

/** From SIGTERM to SIGKILL. */
const KILL_AFTER = Duration.seconds(1)
/** What is left of `SEND_TIME` for the program itself. */
const TIME = Duration.subtract(SEND_TIME, Duration.seconds(2))

/** `EX_TEMPFAIL` of sysexits.h. */
const LATER = 75

/**
 * By the codes of sysexits.h, which sendmail has, 64 to 78 say that another try gives the same answer, but for 75. Any other code
 * is `busy`: a script of a few lines ends with the code of its last command, such as curl's 6 while the network is down.
 */
const reasonOf = (exitCode: number): SendFailed["reason"] =>
  exitCode >= 64 && exitCode <= 78 && exitCode !== LATER ? "refused" : "busy"

const lastLine = (stderr: string): string =>
  excerpt(stderr)
    .split("\n")
    .map((line) => oneLine(colourless(line), 200))
    .findLast((line) => line !== "") ?? ""

const notRun = (advice: string) => (error: ExecError) => {
  const { message } = error
  if (error._tag !== "ExecNotStarted") return new SendFailed({ reason: "unknown", detail: `${message}, and was ended` })
  return error.reason === "no_resources"
    ? new SendFailed({ reason: "busy", detail: message })
    : new SendFailed({ reason: "refused", detail: `${message}; ${advice}` })
}

const failureOf = (command: string, { exitCode, signal, stderr }: ExecResult) => {
  const said = stderr === "" ? "" : `: ${stderr}`
  return signal === undefined
    ? new SendFailed({ reason: reasonOf(exitCode), detail: `${command} exits with ${exitCode}${said}` })
    : new SendFailed({ reason: "unknown", detail: `${command} was ended by ${signal}${said}` })
}

/** Runs a program without a shell. Its exit code 0 means that the message was taken; what it prints goes nowhere. */
export const runProgram = Effect.fn("alerts.runProgram")(function* ({ advice, args, command, input }: Program) {
  const [exec, redact] = yield* Effect.all([Exec, Redact])
  const limits = { timeout: TIME, killAfter: KILL_AFTER }
  const result = yield* exec
    .run({ tool: "notifier", command, args, cwd: "/", input, ...limits })
    .pipe(Effect.mapError(notRun(advice)))
  if (result.exitCode !== 0) return yield* failureOf(command, { ...result, stderr: lastLine(redact(result.stderr)) })
})
