import { Context, type Effect } from "effect"
import type { CommandShape } from "./CommandShape.ts"

/** What every command line may have: loads all commands. For the commands that tell how the program is used. */
export class ProgramShape extends Context.Tag("nightly-dispatch/ProgramShape")<
  ProgramShape,
  Effect.Effect<CommandShape>
>() {}
