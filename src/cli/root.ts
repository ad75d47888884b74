import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { CommandMissing } from "./exit.ts"
import { LOG_FORMATS } from "./terminal/logger.ts"

/** The options of every command. */
const options = {
  config: Options.text("config").pipe(
    Options.withPseudoName("file"),
    Options.optional,
    Options.withDescription(
      "The settings file; else nightly-dispatch.yaml here or in $XDG_CONFIG_HOME/nightly-dispatch/"
    )
  ),
  logFormat: Options.choice("log-format", LOG_FORMATS).pipe(
    Options.optional,
    Options.withDescription(
      "Format of the log on stderr; else NIGHTLY_DISPATCH_LOG_FORMAT; else pretty on a terminal, logfmt elsewhere"
    )
  )
}

/**
 * The parent of all commands; they read the options of every command from it. Alone it is wrong usage: a cron line without
 * `run` must not look like a good night.
 */
export const root = Command.make("nightly-dispatch", options, () => new CommandMissing()).pipe(
  Command.withDescription(
    "Reads the open P0/P1 bugs, picks an agent provider that works, claims each bug and starts a job on it"
  )
)

/** The option of commands that can print their result as JSON. */
export const json = Options.boolean("json").pipe(Options.withDescription("Print one JSON document"))
