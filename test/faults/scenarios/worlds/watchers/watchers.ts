import type { World } from "../../../judge/stage.ts"
import { watcherClaims } from "./claims.ts"
import { watcherKills } from "./kills.ts"
import { watchersTogether } from "./together.ts"
import { watcherTools } from "./tools.ts"
import { watcherUpgrades } from "./upgrades.ts"

/** The worlds of watchers. */
export const watcherWorlds: ReadonlyArray<World> = [
  ...watcherKills,
  ...watchersTogether,
  ...watcherUpgrades,
  ...watcherTools,
  ...watcherClaims
]
