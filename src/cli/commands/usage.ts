import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { printResult } from "../terminal/Streams.ts"
import type { CommandShape } from "../usage/CommandShape.ts"
import { completionScript, SHELLS } from "../usage/completions.ts"
import { manPage } from "../usage/manPage.ts"

/** The commands that tell how the program is used. `program` is called when they run: it holds them too. */
export const usageCommands = (program: () => CommandShape, version: string) => {
  const shell = Args.choice(
    SHELLS.map((name) => [name, name] as const),
    { name: "shell" }
  ).pipe(Args.withDescription("bash, zsh or fish"))
  const completions = Command.make("completions", { shell }, ({ shell }) =>
    printResult(EXIT.ok, completionScript(shell, program()).trimEnd())
  ).pipe(Command.withDescription("Print the script by which a shell completes this program's words"))
  const man = Command.make("man", {}, () =>
    Effect.suspend(() => printResult(EXIT.ok, manPage(program(), version).trimEnd()))
  ).pipe(Command.withDescription("Print the manual page, for man(1)"))
  return [completions, man] as const
}
