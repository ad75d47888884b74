import { Effect, Layer, Option, type Scope } from "effect"
import { Progress } from "../domain/Progress.ts"
import { alertAddresses } from "../domain/Settings.ts"
import { oneLine } from "../domain/Text.ts"
import type { Surroundings } from "../surroundings.ts"
import { CliExit } from "./CliExit.ts"
import { logFormatOf } from "./globals.ts"
import { makeLiveLines } from "./terminal/liveLines.ts"
import { loggingLayer, type LogFormat } from "./terminal/logging.ts"
import { KeepSecret } from "./terminal/secrecy.ts"
import { loadSettings } from "./settings/load.ts"
import { Terminal } from "./terminal/Terminal.ts"

/** The global options as they were given. */
export interface Globals {
  readonly config: Option.Option<string>
  readonly logFormat: Option.Option<LogFormat>
}

/** The system around this process, for the layers. */
export const surroundings: Effect.Effect<Surroundings, never, Terminal> = Effect.map(
  Terminal,
  ({ cwd, environment, home, tempDir }) => ({ cwd, environment, home, tempDir })
)

/** The settings in force, with the flags of this command on top. */
export const load = Effect.fn("load")(function* (globals: Globals, flags: Record<string, unknown>) {
  const { cwd, environment, home } = yield* Terminal
  const configFile = Option.getOrUndefined(globals.config) ?? environment["NIGHTLY_DISPATCH_CONFIG"]
  const loaded = yield* loadSettings({ flags, env: environment, configFile, cwd, home })
  yield* Effect.flatMap(KeepSecret, (keep) => keep(alertAddresses(loaded.settings)))
  return loaded
})

/** Ends the command with a message to a person and this exit code. */
export const failWith = (code: number, message: string): Effect.Effect<never, CliExit, Terminal> =>
  Effect.flatMap(Terminal, (terminal) => {
    terminal.err(`nightly-dispatch: ${oneLine(message, 2000)}\n`)
    return new CliExit({ code })
  })

/** Prints a result and ends with this code when it is not 0. */
export const printResult = (code: number, text: string): Effect.Effect<void, CliExit, Terminal> =>
  Effect.gen(function* () {
    const terminal = yield* Terminal
    yield* terminal.out(`${text}\n`)
    if (code !== 0) return yield* new CliExit({ code })
  })

/** Logs to stderr in the wanted format; with `live` and a terminal, one line per bug stays at its foot. */
export const logging = (globals: Globals, live: boolean): Layer.Layer<never, never, Terminal> =>
  Layer.unwrapScoped(
    Effect.gen(function* (): Effect.fn.Return<Layer.Layer<never>, never, Terminal | Scope.Scope> {
      const terminal = yield* Terminal
      const { environment } = terminal
      const format = logFormatOf(globals.logFormat, environment["NIGHTLY_DISPATCH_LOG_FORMAT"], terminal.live)
      const log = (write: (line: string) => void) => loggingLayer(format, terminal.errColor, write)
      if (!live || !terminal.live) return log((line) => terminal.err(`${line}\n`))
      const lines = yield* makeLiveLines(terminal.err, terminal.columns)
      return Layer.merge(log(lines.print), Layer.succeed(Progress, { step: lines.step }))
    })
  )
