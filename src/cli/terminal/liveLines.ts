import { Clock, Effect, Schedule, type Scope } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Step } from "../../domain/Progress.ts"
import { oneLine } from "../../domain/Text.ts"

interface Line {
  readonly step: string
  readonly since: number
}

/** One line per bug at the foot of a terminal, under the log that scrolls by above them. */
export interface LiveLines {
  readonly step: (id: BeadsId, step: Step, detail?: string) => Effect.Effect<void>
  /** Prints a log line above the live ones. */
  readonly print: (line: string) => void
}

/** Erases `count` lines above the cursor. */
const erase = (count: number): string => "\u001b[1A\u001b[2K".repeat(count)

/** Draws on a terminal of this width; redrawn each second so that the times move, erased with the scope. */
export const makeLiveLines = (
  write: (text: string) => void,
  columns: () => number
): Effect.Effect<LiveLines, never, Scope.Scope> =>
  Effect.gen(function* () {
    const lines = new Map<BeadsId, Line>()
    let drawn = 0
    let now = yield* Clock.currentTimeMillis
    const draw = (above: string) => {
      const rows = [...lines].map(([id, { step, since }]) =>
        `  ${id.padEnd(16)} ${oneLine(step).padEnd(24)} ${Math.max(0, Math.round((now - since) / 1000))} s`.slice(
          0,
          columns() - 1
        )
      )
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
