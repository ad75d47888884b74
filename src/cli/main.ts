import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import { Cause, Effect, Layer, type Context } from "effect"
import { EXIT } from "../domain/exitCode.ts"
import { oneLine } from "../domain/Text.ts"
import { parentSpanOf, TRACEPARENT } from "../domain/traceContext.ts"
import { ThisProcess } from "../surroundings.ts"
import { hoistGlobals, LOG_LEVEL } from "./arguments.ts"
import { alertsCommand } from "./commands/alerts.ts"
import { claimCommand } from "./commands/claim.ts"
import { configCommand } from "./commands/config.ts"
import { cronCommand } from "./commands/cron.ts"
import { demoCommand } from "./commands/demo.ts"
import { doctorCommand } from "./commands/doctor.ts"
import { explainCommand } from "./commands/explain.ts"
import { logsCommand } from "./commands/logs.ts"
import { pauseCommand, resumeCommand } from "./commands/pause.ts"
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
import { usageCommands } from "./commands/usage.ts"
import { watchCommand } from "./commands/watch.ts"
import * as ownSchedule from "./cron/ownSchedule.ts"
import { WrongUsage } from "./exit.ts"
import { root } from "./root.ts"
import { tellFailure } from "./tellFailure.ts"
import { programShape, type CommandShape } from "./usage/CommandShape.ts"
import { helpText } from "./usage/helpText.ts"
import { understand, type Understood } from "./usage/understand.ts"
import * as logging from "./logging.ts"
import { plainConsole } from "./terminal/plainConsole.ts"
import * as secrecy from "./terminal/secrecy.ts"
import { Streams } from "./terminal/Streams.ts"
import { withTelemetry } from "./telemetry/otlp/sending.ts"
import { VERSION } from "./version.ts"
import { wantsJson } from "./wantsJson.ts"

/** In the order in which help lists them. */
const COMMANDS = [
  runCommand,
  settleCommand,
  watchCommand,
  preflightCommand,
  doctorCommand,
  claimCommand,
  releaseCommand,
  retryCommand,
  pauseCommand,
  resumeCommand,
  reviewCommand,
  explainCommand,
  logsCommand,
  configCommand,
  stateCommand,
  statusCommand,
  reportCommand,
  pruneCommand,
  alertsCommand,
  cronCommand,
  demoCommand,
  ...usageCommands(() => SHAPE, VERSION)
] as const

const command = root.pipe(Command.withSubcommands(COMMANDS))

const PARSED = programShape(root, COMMANDS)
/** What every command line may have, with the option that the parser adds by itself. */
export const SHAPE: CommandShape = { ...PARSED, options: [...PARSED.options, LOG_LEVEL] }

const cli = Command.run(command, { name: "nightly-dispatch", version: VERSION })

/** Columns. Longer lines are hard to read. */
const HELP_WIDTH = 80

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

/** Streams that tell whether anything was printed on stdout. */
const counted = (streams: Context.Tag.Service<Streams>) => {
  let isUsed = false
  const out = (text: string) => Effect.suspend(() => ((isUsed = true), streams.out(text)))
  return { streams: { ...streams, out }, isUsed: () => isUsed }
}

/** Prints help, runs the parser, or fails with what is wrong with the command line. */
const commandOf = (understood: Understood, start: ReadonlyArray<string>) => {
  switch (understood._tag) {
    case "Help":
      return Effect.flatMap(Streams, ({ out, width }) =>
        out(`${helpText(understood.shape, SHAPE, Math.min(HELP_WIDTH, width() ?? HELP_WIDTH))}\n`)
      )
    case "Problem":
      return new WrongUsage(understood.why)
    case "Parse":
      return cli([...start, ...hoistGlobals(understood.args)])
  }
}

const runCommandLine = Effect.fn("nightly-dispatch")(function* (argv: ReadonlyArray<string>) {
  const { isUsed, streams } = counted(yield* Streams)
  const asJson = wantsJson(argv.slice(2))
  const command = commandOf(understand(argv.slice(2), SHAPE), argv.slice(0, 2))
  const run = command.pipe(
    // A command's handler returns the exit code; --help and --version return none.
    Effect.map((code: unknown) => (typeof code === "number" ? code : EXIT.ok)),
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause) ? Effect.interrupt : tellFailure(cause, asJson && !isUsed())
    ),
    Effect.onInterrupt(() => Effect.sync(() => streams.err("nightly-dispatch: interrupted\n"))),
    Effect.provideService(Streams, streams),
    Effect.provide(Layer.merge(CliConfig.layer({ showBuiltIns: false }), logging.silence))
  )
  const code = yield* Effect.consoleWith((base) => Effect.withConsole(run, plainConsole(base, streams)))
  return judged(code, streams)
})

/** The command that a line names, for telemetry. */
const named = (args: ReadonlyArray<string>): string =>
  args.find((arg) => SHAPE.children.some(({ path }) => path.at(-1) === arg)) ?? "none"

/**
 * Runs one command line and returns its exit code. Prints no secret. If JSON is asked for, stdout gets one document, whatever fails.
 * Does not fail, but can be interrupted. Continues the trace of `TRACEPARENT`, and sends telemetry to the collectors that the
 * environment names.
 */
export const main = Effect.fnUntraced(
  function* (argv: ReadonlyArray<string>) {
    const parent = parentSpanOf((yield* ThisProcess).environment[TRACEPARENT])
    const run = parent === undefined ? runCommandLine(argv) : Effect.withParentSpan(runCommandLine(argv), parent)
    return yield* withTelemetry(run, { version: VERSION, command: named(argv.slice(2)) })
  },
  Effect.provide(Layer.merge(secrecy.layer, ownSchedule.layer))
)
