import { Layer } from "effect"
import { services } from "../layer.ts"
import * as Configuration from "./settings/Configuration.ts"
import * as logging from "./terminal/logging.ts"

/** Tracker, runner and the rest as the settings want them, without a journal: for commands that dispatch nothing. */
export const layer = Configuration.configured(services).pipe(
  Layer.provideMerge(Layer.merge(Configuration.layer(), logging.layer({ live: false })))
)
