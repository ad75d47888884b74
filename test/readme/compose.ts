import * as NodeContext from "@effect/platform-node/NodeContext"
import { Effect, Layer, Schema } from "effect"
import { layer, nightlyRun, runIdOf, Settings } from "../../src/index.ts"

const repository = { name: "my-app", path: "/src/my-app" }
const settings = Schema.decodeUnknownSync(Settings)({ repoPath: repository.path, limits: { maxParallel: 1 } })
const surroundings = { environment: process.env, cwd: process.cwd(), home: process.env["HOME"], tempDir: "/tmp" }
const tools = layer(settings, surroundings).pipe(Layer.provide(NodeContext.layer))
const run = runIdOf(Date.now(), Math.floor(Math.random() * 2 ** 40))
export const main = nightlyRun({ run, host: "vm-1", repository }).pipe(Effect.provide(tools)) // ends with a report
