import { Context, type Effect } from "effect"

/** The process we are: its streams, its environment, its place. */
export class Terminal extends Context.Tag("nightly-dispatch/Terminal")<
  Terminal,
  {
    /** A result: stdout. */
    readonly out: (text: string) => Effect.Effect<void>
    /** A message to a person, or a log line: stderr. */
    readonly err: (text: string) => void
    readonly outColor: boolean
    readonly errColor: boolean
    /** Somebody watches stderr. */
    readonly live: boolean
    readonly columns: () => number
    readonly environment: Readonly<Record<string, string | undefined>>
    readonly cwd: string
    readonly home: string | undefined
    readonly tempDir: string
    readonly host: string
    /** Absolute paths of the node and the program that run now. */
    readonly node: string
    readonly program: string
  }
>() {}
