import { Effect, type Console, type Context } from "effect"
import type { Streams } from "./Streams.ts"

/** The parser always colours its help. */
export const plain = (text: string): string => text.replace(/\u001b\[[0-9;]*m/g, "")

/** `base` on the stdout of these streams. Errors are not printed: the parser's own, which `main` prints in plain words. */
export const plainConsole = (base: Console.Console, streams: Context.Tag.Service<Streams>): Console.Console => {
  // Pipes and `NO_COLOR` must get it without colours.
  const shown = (parts: ReadonlyArray<unknown>, color: boolean) => (color ? parts.join(" ") : plain(parts.join(" ")))
  const out = (...parts: ReadonlyArray<unknown>) => streams.out(`${shown(parts, streams.outColor)}\n`)
  return { ...base, log: out, info: out, debug: out, error: () => Effect.void, warn: () => Effect.void }
}
