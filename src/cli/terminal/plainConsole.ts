import { Effect, type Console, type Context } from "effect"
import type { Streams } from "./Streams.ts"

/** The parser colours its help always; pipes and `NO_COLOR` get the text alone. */
const plain = (text: string, color: boolean): string => (color ? text : text.replace(/\u001b\[[0-9;]*m/g, ""))

/** `base`, printing on these streams: errors and warnings on stderr, the rest on stdout. */
export const plainConsole = (base: Console.Console, streams: Context.Tag.Service<Streams>): Console.Console => {
  const out = (...parts: ReadonlyArray<unknown>) => streams.out(`${plain(parts.join(" "), streams.outColor)}\n`)
  const err = (...parts: ReadonlyArray<unknown>) =>
    Effect.sync(() => streams.err(`${plain(parts.join(" "), streams.errColor)}\n`))
  return { ...base, log: out, info: out, debug: out, error: err, warn: err }
}
