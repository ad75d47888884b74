import * as NodeContext from "@effect/platform-node/NodeContext"
import { Console, Effect, Layer, Schema } from "effect"
import { layer, nightlyRun, RunId, Settings } from "../../src/index.ts"

const settings = Schema.decodeUnknownSync(Settings)({ limits: { maxParallel: 1 } })
const surroundings = { environment: process.env, cwd: process.cwd(), home: process.env["HOME"], tempDir: "/tmp" }
const tools = layer(settings, surroundings).pipe(Layer.provide(NodeContext.layer))

const program = nightlyRun({
  run: RunId.make("20261122T060000Z-4f2a91"),
  host: "vm-1",
  repository: { name: "my-app", path: "/src/my-app" }
}).pipe(Effect.tap((report) => Console.log(`${report.dispatched} dispatched, exit ${report.exit}`)))

export const main = program.pipe(Effect.provide(tools))
