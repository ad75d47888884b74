import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Option } from "effect"
import { CommandMissing } from "./exit.ts"
import { LOG_FORMATS } from "../log/logger.ts"

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
 * The parent of all commands. They read its options, which every command has. Without a command it fails: a cron line that
 * lacks `run` must not look like a successful run.
 */
export const root = Command.make("nightly-dispatch", options, () => new CommandMissing()).pipe(
  Command.withDescription(
    "Reads the open P0/P1 bugs, picks an agent provider that works, claims each bug and starts a job on it"
  )
)

/** The option of commands that can print their result as JSON. */
export const json = Options.boolean("json").pipe(Options.withDescription("Print one JSON document"))

/** The option of commands that may be told which repository they work on. */
export const repo = Options.text("repo").pipe(
  Options.withPseudoName("name"),
  Options.optional,
  Options.withDescription(
    "The repository's name under $HOME; else repo or repoPath of the settings, else the one you are in"
  )
)

/** The setting that the option `repo` means. */
export const repoSetting = (repo: Option.Option<string>): { readonly repo?: string } =>
  Option.match(repo, { onNone: () => ({}), onSome: (name) => ({ repo: name }) })
