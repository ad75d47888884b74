import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import { Array as Arr, Cause, Effect, Layer, type Context } from "effect"
import { EXIT } from "../domain/exits.ts"
import { oneLine } from "../domain/Text.ts"
import { parentSpanOf, TRACEPARENT } from "../domain/traceContext.ts"
import { ThisProcess } from "../surroundings.ts"
import { hoistGlobals, LOG_LEVEL } from "./arguments.ts"
import { COMMAND_NAMES, loadCommands, type AnyCommand, type CommandName } from "./commandTable.ts"
import * as ownSchedule from "./cron/ownSchedule.ts"
import { WrongUsage } from "./exit.ts"
import { root } from "./root.ts"
import { tellFailure } from "./tellFailure.ts"
import { programShape, type CommandShape } from "./usage/CommandShape.ts"
import { ProgramShape } from "./usage/ProgramShape.ts"
import { helpText } from "./usage/helpText.ts"
import { understand, type Understood } from "./usage/understand.ts"
import * as logging from "./logging.ts"
import { plainConsole } from "./terminal/plainConsole.ts"
import * as secrecy from "./terminal/secrecy.ts"
import { Streams } from "./terminal/Streams.ts"
import { withTelemetry } from "./telemetry/otlp/sending.ts"
import { VERSION } from "../domain/version.ts"
import { wantsJson } from "./wantsJson.ts"

/** The shape of the program, of which these commands are loaded. */
const shapeWith = (commands: ReadonlyArray<AnyCommand>): CommandShape => {
  const shape = programShape(root, commands, COMMAND_NAMES)
  return { ...shape, options: [...shape.options, LOG_LEVEL] }
}

/** What every command line may have. Loads all commands. */
export const wholeShape: Effect.Effect<CommandShape> = Effect.map(loadCommands(COMMAND_NAMES), shapeWith)

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

interface Read {
  readonly commands: ReadonlyArray<AnyCommand>
  readonly program: CommandShape
  readonly understood: Understood
}

const readWith = (args: ReadonlyArray<string>, names: ReadonlyArray<CommandName>): Effect.Effect<Read> =>
  Effect.map(loadCommands(names), (commands) => {
    const program = shapeWith(commands)
    return { commands, program, understood: understand(args, program) }
  })

/** Reads a command line with the commands that it names; all commands are loaded only for help, or to say what is wrong. */
const read = Effect.fn("cli.read")(function* (args: ReadonlyArray<string>) {
  const found = yield* readWith(
    args,
    COMMAND_NAMES.filter((name) => args.includes(name))
  )
  const isPlain = found.understood._tag === "Parse" || found.understood._tag === "Version"
  return isPlain ? found : yield* readWith(args, COMMAND_NAMES)
})

const NAMED = { name: "nightly-dispatch", version: VERSION }

/** Runs the parser, which knows these commands, on a command line. */
const parse = (commands: ReadonlyArray<AnyCommand>, argv: ReadonlyArray<string>) =>
  Arr.isNonEmptyReadonlyArray(commands)
    ? Command.run(Command.withSubcommands(root, commands), NAMED)(argv)
    : Command.run(root, NAMED)(argv)

/** Prints help, runs the parser, or fails with what is wrong with the command line. */
const commandOf = ({ commands, program, understood }: Read, start: ReadonlyArray<string>) => {
  switch (understood._tag) {
    case "Help":
      return Effect.flatMap(Streams, ({ out, width }) =>
        out(`${helpText(understood.shape, program, Math.min(HELP_WIDTH, width() ?? HELP_WIDTH))}\n`)
      )
    case "Version":
      return Effect.flatMap(Streams, ({ out }) => out(`${VERSION}\n`))
    case "Problem":
      return new WrongUsage(understood.why)
    case "Parse":
      return parse(commands, [...start, ...hoistGlobals(understood.args)])
  }
}

const runCommandLine = Effect.fn("nightly-dispatch")(function* (argv: ReadonlyArray<string>) {
  const { isUsed, streams } = counted(yield* Streams)
  const asJson = wantsJson(argv.slice(2))
  const command = Effect.flatMap(read(argv.slice(2)), (found) => commandOf(found, argv.slice(0, 2)))
  const run = command.pipe(
    // A command's handler returns the exit code; help and the version return none.
    Effect.map((code: unknown) => (typeof code === "number" ? code : EXIT.ok)),
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause) ? Effect.interrupt : tellFailure(cause, asJson && !isUsed())
    ),
    Effect.onInterrupt(() => Effect.sync(() => streams.err("nightly-dispatch: interrupted\n"))),
    Effect.provideService(Streams, streams),
    Effect.provideService(ProgramShape, wholeShape),
    Effect.provide(Layer.merge(CliConfig.layer({ showBuiltIns: false }), logging.silence))
  )
  const code = yield* Effect.consoleWith((base) => Effect.withConsole(run, plainConsole(base, streams)))
  return judged(code, streams)
})

/** The command that a line names, for telemetry. */
const named = (args: ReadonlyArray<string>): string => COMMAND_NAMES.find((name) => args.includes(name)) ?? "none"

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
