import { Context, Effect } from "effect"

/** The two streams a command prints on. */
export class Streams extends Context.Tag("nightly-dispatch/Streams")<
  Streams,
  {
    /** Prints a result, on stdout. */
    readonly out: (text: string) => Effect.Effect<void>
    /**
     * Why a text could not be written to stdout; `undefined` if all were. A reader that has gone, as in `| head`, wants no more:
     * that is no failure.
     */
    readonly unwritten: () => string | undefined
    /** Whether the reader of stdout has gone, as in `| head`: nobody reads what is printed from now on. */
    readonly hasGone: () => boolean
    /** Prints a message to a person or a log line, on stderr. */
    readonly err: (text: string) => void
    /** The width of the terminal that stdout is; `undefined` if it is none. */
    readonly width: () => number | undefined
    readonly outColor: boolean
    readonly errColor: boolean
    /** Whether stderr is a terminal that can redraw lines. */
    readonly live: boolean
    /** The width of that terminal. */
    readonly columns: () => number
  }
>() {}

/** Prints a command's result and returns the exit code that it means. */
export const printResult = (exit: number, text: string): Effect.Effect<number, never, Streams> =>
  Effect.flatMap(Streams, ({ out }) => Effect.as(out(`${text}\n`), exit))
