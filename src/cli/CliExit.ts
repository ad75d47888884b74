import { Data } from "effect"

/** The command has said everything it had to say and ends with this code. */
export class CliExit extends Data.TaggedError("CliExit")<{ readonly code: number }> {}
