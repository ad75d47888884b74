import { Effect, type Console, type Context } from "effect"
import type { Streams } from "./Streams.ts"

/** The parser always colours its help. */
export const plain = (text: string): string => text.replace(/\u001b\[[0-9;]*m/g, "")

/** `base` on these streams: errors and warnings go to stderr, all other output to stdout. */
export const plainConsole = (base: Console.Console, streams: Context.Tag.Service<Streams>): Console.Console => {
  // Pipes and `NO_COLOR` must get it without colours.
  const shown = (parts: ReadonlyArray<unknown>, color: boolean) => (color ? parts.join(" ") : plain(parts.join(" ")))
  const out = (...parts: ReadonlyArray<unknown>) => streams.out(`${shown(parts, streams.outColor)}\n`)
  const err = (...parts: ReadonlyArray<unknown>) =>
    Effect.sync(() => streams.err(`${shown(parts, streams.errColor)}\n`))
  return { ...base, log: out, info: out, debug: out, error: err, warn: err }
}
