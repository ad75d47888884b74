import { Effect, type Console, type Context } from "effect"
import type { Terminal } from "./Terminal.ts"

/** The parser colours its help wherever it goes; a pipe and `NO_COLOR` get the text alone. */
const plain = (text: string, color: boolean): string => (color ? text : text.replace(/\u001b\[[0-9;]*m/g, ""))

/** `base`, but on the terminal's own streams: what is logged goes to stdout, errors and warnings to stderr. */
export const plainConsole = (base: Console.Console, terminal: Context.Tag.Service<Terminal>): Console.Console => {
  const out = (...parts: ReadonlyArray<unknown>) => terminal.out(`${plain(parts.join(" "), terminal.outColor)}\n`)
  const err = (...parts: ReadonlyArray<unknown>) =>
    Effect.sync(() => terminal.err(`${plain(parts.join(" "), terminal.errColor)}\n`))
  return { ...base, log: out, info: out, debug: out, error: err, warn: err }
}
