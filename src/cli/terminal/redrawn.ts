import * as Terminal from "@effect/platform/Terminal"
import { Effect } from "effect"
import { Streams } from "./Streams.ts"

const INTERVAL = "2 seconds"
const [OPEN, CLOSE] = ["\u001b[?1049h\u001b[?25l", "\u001b[?25h\u001b[?1049l"]

/** The screen from its top: what is left of each line, and below the last one, is erased after the new text is there. */
const frameOf = (text: string, rows: number): string => {
  const lines = text.split("\n")
  const shown = rows > 0 ? lines.slice(0, rows - 1) : lines
  return `\u001b[H${shown.map((line) => `${line}\u001b[K\n`).join("")}\u001b[J`
}

const isEnd = ({ input, key }: Terminal.UserInput): boolean =>
  (input._tag === "Some" && input.value === "q") || (key.ctrl && (key.name === "c" || key.name === "d"))

/** Waits for `q`, ctrl-c or ctrl-d. Never ends where stdin is no terminal: then a signal ends the program. */
const untilQuit = Effect.gen(function* () {
  const { readInput } = yield* Terminal.Terminal
  const keys = yield* readInput
  const next = Effect.catchAll(keys.take, () => Effect.never)
  yield* Effect.repeat(next, { until: isEnd })
})

/**
 * Shows a text on the terminal's other screen and asks for it anew every two seconds, until a key ends it. Then the screen is as it
 * was before. Returns the exit code that came with the last text.
 *
 * @example
 * redrawn(Effect.succeed({ exit: 0, text: "nothing runs" }))
 */
export const redrawn = <E, R>(shown: Effect.Effect<{ readonly exit: number; readonly text: string }, E, R>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const [{ out }, { rows }] = yield* Effect.all([Streams, Terminal.Terminal])
      yield* Effect.acquireRelease(out(OPEN), () => out(CLOSE))
      let exit = 0
      const draw = Effect.gen(function* () {
        const { exit: last, text } = yield* shown
        exit = last
        yield* out(frameOf(text, yield* rows))
        yield* Effect.sleep(INTERVAL)
      })
      yield* Effect.raceFirst(Effect.forever(draw), untilQuit)
      return exit
    })
  )
