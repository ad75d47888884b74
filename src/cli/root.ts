import * as Command from "@effect/cli/Command"
import { globals } from "./globals.ts"

/** The command all others hang on; their handlers read the global options from it. */
export const root = Command.make("nightly-dispatch", globals).pipe(
  Command.withDescription(
    "Reads the open P0/P1 bugs, picks an agent provider that works, claims each bug and starts a job on it"
  )
)
