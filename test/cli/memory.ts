import { Effect, Layer, type Context } from "effect"
import { Streams } from "../../src/cli/terminal/Streams.ts"
import { ThisProcess } from "../../src/surroundings.ts"

/** A process and its streams, neither a terminal nor real; the streams remember what is printed on them. */
export const inMemory = (process: Partial<Context.Tag.Service<ThisProcess>> = {}) => {
  const out: Array<string> = []
  const err: Array<string> = []
  const streams: Context.Tag.Service<Streams> = {
    out: (text) => Effect.sync(() => void out.push(text)),
    unwritten: () => undefined,
    hasGone: () => false,
    err: (text) => void err.push(text),
    width: () => undefined,
    outColor: false,
    errColor: false,
    live: false,
    columns: () => 80
  }
  const around = Layer.succeed(ThisProcess, {
    environment: {},
    cwd: "/",
    home: "/home/someone",
    tempDir: "/tmp",
    host: "here",
    node: "/usr/bin/node",
    program: "/opt/nightly-dispatch.js",
    ...process
  })
  return { out, err, streams, layer: Layer.merge(Layer.succeed(Streams, streams), around) }
}
