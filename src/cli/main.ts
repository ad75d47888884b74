import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import { Cause, Effect, Layer, type Context } from "effect"
import { EXIT } from "../domain/exitCode.ts"
import { oneLine } from "../domain/Text.ts"
import { hoistGlobals } from "./arguments.ts"
import { claimCommand } from "./commands/claim.ts"
import { configCommand } from "./commands/config.ts"
import { cronCommand } from "./commands/cron.ts"
import { demoCommand } from "./commands/demo.ts"
import { explainCommand } from "./commands/explain.ts"
import { logsCommand } from "./commands/logs.ts"
import { preflightCommand } from "./commands/preflight.ts"
import { pruneCommand } from "./commands/prune.ts"
import { releaseCommand } from "./commands/release.ts"
import { reportCommand } from "./commands/report.ts"
import { retryCommand } from "./commands/retry.ts"
import { reviewCommand } from "./commands/review.ts"
import { runCommand } from "./commands/run.ts"
import { settleCommand } from "./commands/settle.ts"
import { stateCommand } from "./commands/state.ts"
import { statusCommand } from "./commands/status.ts"
import { watchCommand } from "./commands/watch.ts"
import { EXIT_OF, type CommandFailure } from "./exit.ts"
import { root } from "./root.ts"
import * as logging from "./logging.ts"
import { plainConsole } from "./terminal/plainConsole.ts"
import * as secrecy from "./terminal/secrecy.ts"
import { Streams } from "./terminal/Streams.ts"

const command = root.pipe(
  Command.withSubcommands([
    runCommand,
    settleCommand,
    watchCommand,
    preflightCommand,
    claimCommand,
    releaseCommand,
    retryCommand,
    reviewCommand,
    explainCommand,
    logsCommand,
    configCommand,
    stateCommand,
    statusCommand,
    reportCommand,
    pruneCommand,
    cronCommand,
    demoCommand
  ])
)

const cli = Command.run(command, { name: "nightly-dispatch", version: "0.1.0" })

/** Prints on stderr why a command failed, and returns its exit code. */
const explain = (cause: Cause.Cause<CommandFailure | ValidationError.ValidationError>) =>
  Effect.map(Streams, ({ err }): number => {
    const failure = Cause.failureOption(cause)
    if (failure._tag === "None") {
      err(`nightly-dispatch: a defect in nightly-dispatch itself, please report it\n${Cause.pretty(cause)}\n`)
      return EXIT.defect
    }
    // The parser has printed its own failures.
    if (ValidationError.isValidationError(failure.value)) return EXIT.usage
    const { _tag, message } = failure.value
    err(`nightly-dispatch: ${_tag === "ConfigInvalid" ? message : oneLine(message, 2000)}\n`)
    return EXIT_OF[_tag]
  })

/** The exit code of a command whose result could not be written: not 0, and a failure of its own remains. */
const judged = (code: number, { err, unwritten }: Context.Tag.Service<Streams>): number => {
  const why = unwritten()
  if (why === undefined) return code
  err(
    `nightly-dispatch: the result could not be written to stdout (${oneLine(why)}), so it is lost; what the command did stays done. ` +
      "Make room, or send stdout elsewhere\n"
  )
  return code === EXIT.ok ? EXIT.state : code
}

/** Runs one command line and returns its exit code. Prints no secret. Does not fail, but can be interrupted. */
export const main = Effect.fn("main")(function* (argv: ReadonlyArray<string>) {
  const streams = yield* Streams
  const run = cli([...argv.slice(0, 2), ...hoistGlobals(argv.slice(2))]).pipe(
    // A command's handler returns the exit code; --help and --version return none.
    Effect.map((code: unknown) => (typeof code === "number" ? code : EXIT.ok)),
    Effect.catchAllCause((cause) => (Cause.isInterruptedOnly(cause) ? Effect.interrupt : explain(cause))),
    Effect.onInterrupt(() => Effect.sync(() => streams.err("nightly-dispatch: interrupted\n"))),
    Effect.provide(Layer.merge(CliConfig.layer({ showBuiltIns: false }), logging.silence))
  )
  const code = yield* Effect.consoleWith((base) => Effect.withConsole(run, plainConsole(base, streams)))
  return judged(code, streams)
}, Effect.provide(secrecy.layer))
