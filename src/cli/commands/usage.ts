import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { printResult } from "../terminal/Streams.ts"
import { completionScript, SHELLS } from "../usage/completions.ts"
import { manPage } from "../usage/manPage.ts"
import { ProgramShape } from "../usage/ProgramShape.ts"
import { VERSION } from "../../domain/version.ts"

const shell = Args.choice(
  SHELLS.map((name) => [name, name] as const),
  { name: "shell" }
).pipe(Args.withDescription("bash, zsh or fish"))

export const completionsCommand = Command.make("completions", { shell }, ({ shell }) =>
  Effect.gen(function* () {
    return yield* printResult(EXIT.ok, completionScript(shell, yield* yield* ProgramShape).trimEnd())
  })
).pipe(Command.withDescription("Print the script by which a shell completes this program's words"))

export const manCommand = Command.make("man", {}, () =>
  Effect.gen(function* () {
    return yield* printResult(EXIT.ok, manPage(yield* yield* ProgramShape, VERSION).trimEnd())
  })
).pipe(Command.withDescription("Print the manual page, for man(1)"))
