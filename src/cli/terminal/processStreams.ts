import { Effect, Layer } from "effect"
import { ThisProcess, variable } from "../../surroundings.ts"
import { Streams } from "./Streams.ts"

/** What became of the texts for stdout. */
const makeOutput = () => {
  let isOver = false
  let unwritten: string | undefined
  const failed = ({ code, message }: NodeJS.ErrnoException) => {
    // What follows the first failure says no more.
    if (!isOver && code !== "EPIPE") unwritten = message
    isOver = true
  }
  return {
    unwritten: () => unwritten,
    hasGone: () => isOver,
    out: (text: string) =>
      Effect.async<void>((resume) => {
        process.stdout.write(text, (error) => {
          if (error) failed(error)
          resume(Effect.void)
        })
      })
  }
}

/** stdout and stderr of this process. Their errors end nothing: a run goes on without its reader. */
export const layer: Layer.Layer<Streams, never, ThisProcess> = Layer.effect(
  Streams,
  Effect.map(ThisProcess, ({ environment }) => {
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined)
    const canRedraw = (stream: NodeJS.WriteStream) => stream.isTTY === true && environment["TERM"] !== "dumb"
    const hasColor = (stream: NodeJS.WriteStream) =>
      canRedraw(stream) && variable(environment, "NO_COLOR") === undefined
    return {
      ...makeOutput(),
      err: (text) => {
        process.stderr.write(text)
      },
      width: () => (process.stdout.isTTY ? process.stdout.columns : undefined),
      outColor: hasColor(process.stdout),
      errColor: hasColor(process.stderr),
      live: canRedraw(process.stderr),
      columns: () => process.stderr.columns ?? 80
    }
  })
)
