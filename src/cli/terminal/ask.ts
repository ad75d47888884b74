import * as Terminal from "@effect/platform/Terminal"
import { Effect } from "effect"
import { Streams } from "./Streams.ts"

/**
 * Asks a person on the terminal, and takes only `y` or `yes` for a yes. `undefined` if stdin is no terminal.
 *
 * @example
 * const answer = yield* confirmed("Close bd-1?")
 */
export const confirmed = Effect.fn("confirmed")(function* (question: string) {
  const [terminal, { err }] = yield* Effect.all([Terminal.Terminal, Streams])
  if (!(yield* terminal.isTTY)) return undefined
  err(`${question} [y/N] `)
  const answer = yield* Effect.catchTag(terminal.readLine, "QuitException", () => Effect.succeed("no"))
  return /^y(?:es)?$/i.test(answer.trim())
})
