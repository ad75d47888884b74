import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import { Cause, Effect, Layer, Logger, Option } from "effect"
import { EXIT } from "../domain/exitCode.ts"
import { CliExit } from "./CliExit.ts"
import { claimCommand, releaseCommand } from "./commands/claim.ts"
import { configCommand } from "./commands/config.ts"
import { cronCommand } from "./commands/cron.ts"
import { demoCommand } from "./commands/demo.ts"
import { preflightCommand } from "./commands/preflight.ts"
import { runCommand } from "./commands/run.ts"
import { settleCommand } from "./commands/settle.ts"
import { hoistGlobals } from "./globals.ts"
import { logLevelOf } from "./terminal/logging.ts"
import { root } from "./root.ts"
import * as secrecy from "./terminal/secrecy.ts"
import { ConfigInvalid } from "./settings/load.ts"
import { plainConsole } from "./terminal/plainConsole.ts"
import { Terminal } from "./terminal/Terminal.ts"

const command = root.pipe(
  Command.withSubcommands([
    runCommand,
    settleCommand,
    preflightCommand,
    claimCommand,
    releaseCommand,
    configCommand,
    cronCommand,
    demoCommand
  ])
)

const cli = Command.run(command, { name: "nightly-dispatch", version: "0.1.0" })

/** What a command that failed exits with, after saying why to whoever reads stderr. */
const explain = (cause: Cause.Cause<unknown>) =>
  Effect.gen(function* () {
    const { err } = yield* Terminal
    const error = Option.getOrUndefined(Cause.failureOption(cause))
    if (error instanceof CliExit) return error.code
    // The parser has printed what was wrong already.
    if (ValidationError.isValidationError(error)) return EXIT.usage
    if (error instanceof ConfigInvalid) {
      err(`nightly-dispatch: ${error.message}\n`)
      return EXIT.config
    }
    err(`nightly-dispatch: a defect in nightly-dispatch itself, please report it\n${Cause.pretty(cause)}\n`)
    return EXIT.defect
  })

/**
 * Nothing is logged before a command has said how: Effect's own logger would write among the results on stdout. The level
 * is the environment's; `--log-level` outweighs it.
 */
const quiet = (levelName: string | undefined) =>
  Layer.mergeAll(
    Logger.remove(Logger.defaultLogger),
    Logger.minimumLogLevel(logLevelOf(levelName)),
    Layer.setUnhandledErrorLogLevel(Option.none())
  )

/** Runs one command line to its exit code. Only an interruption gets through, and no secret. */
export const main = Effect.fn("main")(function* (argv: ReadonlyArray<string>) {
  const terminal = yield* Terminal
  const args = [...argv.slice(0, 2), ...hoistGlobals(argv.slice(2))]
  const run = cli(args).pipe(
    Effect.as<number>(EXIT.ok),
    Effect.catchAllCause((cause) => (Cause.isInterruptedOnly(cause) ? Effect.interrupt : explain(cause))),
    Effect.onInterrupt(() =>
      Effect.sync(() => terminal.err("nightly-dispatch: interrupted; what was under way has been put back\n"))
    ),
    Effect.provide(
      Layer.merge(CliConfig.layer({ showBuiltIns: false }), quiet(terminal.environment["NIGHTLY_DISPATCH_LOG_LEVEL"]))
    )
  )
  return yield* Effect.consoleWith((base) => Effect.withConsole(run, plainConsole(base, terminal)))
}, Effect.provide(secrecy.layer))
