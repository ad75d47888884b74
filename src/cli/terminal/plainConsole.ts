import { Effect, type Console, type Context } from "effect"
import type { Streams } from "./Streams.ts"

/** The parser always colours its help. Pipes and `NO_COLOR` must get it without colours. */
const plain = (text: string, color: boolean): string => (color ? text : text.replace(/\u001b\[[0-9;]*m/g, ""))

/** `base` on these streams: errors and warnings go to stderr, all other output to stdout. */
export const plainConsole = (base: Console.Console, streams: Context.Tag.Service<Streams>): Console.Console => {
  const out = (...parts: ReadonlyArray<unknown>) => streams.out(`${plain(parts.join(" "), streams.outColor)}\n`)
  const err = (...parts: ReadonlyArray<unknown>) =>
    Effect.sync(() => streams.err(`${plain(parts.join(" "), streams.errColor)}\n`))
  return { ...base, log: out, info: out, debug: out, error: err, warn: err }
}
