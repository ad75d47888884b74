import * as NodeContext from "@effect/platform-node/NodeContext"
import { Effect, Layer, Schema } from "effect"
import { layer, logs, nightlyRun, Settings, surroundingsHere } from "../../src/index.ts"

const settings = Schema.decodeUnknownSync(Settings)({ repoPath: "/src/my-app", limits: { maxParallel: 1 } })
// layerConfig() takes the settings from variables. With a tracker of your own: layer(settings, here, { beads })
const tools = Layer.unwrapEffect(Effect.map(surroundingsHere, (here) => layer(settings, here)))
const night = tools.pipe(Layer.provideMerge(logs()), Layer.provide(NodeContext.layer))
export const main = nightlyRun().pipe(Effect.provide(night)) // ends with a report; nightlyRunOrFail fails instead
