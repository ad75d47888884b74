import { Effect, Option } from "effect"
import { Redact, redactOutput } from "../../domain/Redaction.ts"
import { Exec } from "../../exec/Exec.ts"
import { ThisProcess } from "../../surroundings.ts"

/** The shell did not find the command, or may not execute it. */
const NOT_STARTED = new Set([126, 127])

// A shell that Ctrl-C ends would leave its pager behind. The two variables are those that git sets, unless they are set.
const scriptOf = (pager: string): string =>
  `trap : INT QUIT; LESS=\${LESS-FRX}; LV=\${LV--c}; export LESS LV\n${pager}\n`

/**
 * Shows a text with a pager, as git starts it: by a shell, in which the text comes from stdin. Secrets are redacted, as in all that we
 * print. `false` if the pager could not be started.
 *
 * @example
 * if (!(yield* throughPager("less", text))) yield* printResult(0, text)
 */
export const throughPager = Effect.fn("throughPager")(function* (pager: string, text: string) {
  const [exec, redact, { cwd }] = yield* Effect.all([Exec, Redact, ThisProcess])
  const input = `${redactOutput(redact)(text)}\n`
  const spec = { tool: "pager", command: "sh", args: ["-c", scriptOf(pager)], cwd, input } as const
  const exit = yield* Effect.option(exec.foreground(spec))
  return Option.exists(exit, (code) => !NOT_STARTED.has(code))
})
