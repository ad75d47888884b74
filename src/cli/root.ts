import * as Command from "@effect/cli/Command"
import { EXIT } from "../domain/exitCode.ts"
import { globals } from "./globals.ts"
import { failWith } from "./session.ts"

/**
 * The command all others hang on; their handlers read the global options from it. Alone it is wrong usage: a cron line
 * that forgot `run` must not look like a good night.
 */
export const root = Command.make("nightly-dispatch", globals, () =>
  failWith(
    EXIT.usage,
    "which command? The night's work is `nightly-dispatch run`; all commands: nightly-dispatch --help"
  )
).pipe(
  Command.withDescription(
    "Reads the open P0/P1 bugs, picks an agent provider that works, claims each bug and starts a job on it"
  )
)
