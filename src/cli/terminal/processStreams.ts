import { Effect, Layer } from "effect"
import { ThisProcess, variable } from "../../surroundings.ts"
import { Streams } from "./Streams.ts"

/** stdout and stderr of this process. Ignores their errors: a closed pipe (`| head`) must not end a run. */
export const layer: Layer.Layer<Streams, never, ThisProcess> = Layer.effect(
  Streams,
  Effect.map(ThisProcess, ({ environment }) => {
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined)
    const canRedraw = (stream: NodeJS.WriteStream) => stream.isTTY === true && environment["TERM"] !== "dumb"
    const hasColor = (stream: NodeJS.WriteStream) =>
      canRedraw(stream) && variable(environment, "NO_COLOR") === undefined
    return {
      out: (text) =>
        Effect.async<void>((resume) => {
          process.stdout.write(text, () => resume(Effect.void))
        }),
      err: (text) => {
        process.stderr.write(text)
      },
      outColor: hasColor(process.stdout),
      errColor: hasColor(process.stderr),
      live: canRedraw(process.stderr),
      columns: () => process.stderr.columns ?? 80
    }
  })
)
