import { Clock, Effect, Schedule, type Scope } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Step } from "../../domain/Event.ts"
import { oneLine } from "../../domain/Text.ts"
import { cutTo, padTo } from "../../report/text/display.ts"

interface Line {
  readonly step: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** One line per bug at the bottom of a terminal, below the log. */
export interface LiveLines {
  readonly step: (id: BeadsId, step: Step, detail?: string) => Effect.Effect<void>
  /** Prints a log line above the live ones. */
  readonly print: (line: string) => void
}

/** Erases `count` lines above the cursor. */
const erase = (count: number): string => "\u001b[1A\u001b[2K".repeat(count)

const render = (id: BeadsId, { since, step }: Line, now: number): string =>
  `  ${padTo(16, id)} ${padTo(24, oneLine(step))} ${Math.max(0, Math.round((now - since) / 1000))} s`

/** Live lines on a terminal of this width. Redrawn each second, so that the times move; erased when the scope closes. */
export const makeLiveLines = (
  write: (text: string) => void,
  columns: () => number
): Effect.Effect<LiveLines, never, Scope.Scope> =>
  Effect.gen(function* () {
    const lines = new Map<BeadsId, Line>()
    let drawn = 0
    let now = yield* Clock.currentTimeMillis
    const draw = (above: string) => {
      const rows = [...lines].map(([id, line]) => cutTo(columns() - 1, render(id, line, now)))
      write(erase(drawn) + above + rows.map((row) => `${row}\n`).join(""))
      drawn = rows.length
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        lines.clear()
        draw("")
      })
    )
    yield* Clock.currentTimeMillis.pipe(
      Effect.map((time) => {
        now = time
        if (lines.size > 0) draw("")
      }),
      Effect.repeat(Schedule.spaced("1 second")),
      Effect.forkScoped
    )
    return {
      step: (id, step, detail) =>
        Effect.map(Clock.currentTimeMillis, (time) => {
          now = time
          if (step === "done") lines.delete(id)
          else lines.set(id, { step: detail === undefined ? step : `${step} (${detail})`, since: time })
          draw("")
        }),
      print: (line) => draw(`${line}\n`)
    }
  })
