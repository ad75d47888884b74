import type { World } from "../../judge/stage.ts"
import { checkWorlds } from "./checks.ts"
import { claimWorlds } from "./claims.ts"
import { clockWorlds } from "./clocks.ts"
import { copyWorlds } from "./copies.ts"
import { foreignWriterWorlds } from "./foreignWriters.ts"
import { frozenWorlds } from "./frozen.ts"
import { identityWorlds } from "./identity.ts"
import { namespaceWorlds } from "./namespaces.ts"
import { pruneWorlds } from "./prune.ts"
import { rebootWorlds } from "./reboots.ts"
import { repositoryWorlds } from "./repositories.ts"
import { sessionWorlds } from "./sessions.ts"
import { supervisorWorlds } from "./supervisors.ts"
import { vanishedWorlds } from "./vanished.ts"
import { watcherWorlds } from "./watchers/watchers.ts"
import { worktreeWorlds } from "./worktrees.ts"

/** Every world of the fault matrix. */
export const worlds: ReadonlyArray<World> = [
  ...identityWorlds,
  ...copyWorlds,
  ...repositoryWorlds,
  ...worktreeWorlds,
  ...namespaceWorlds,
  ...rebootWorlds,
  ...clockWorlds,
  ...frozenWorlds,
  ...sessionWorlds,
  ...supervisorWorlds,
  ...checkWorlds,
  ...claimWorlds,
  ...vanishedWorlds,
  ...pruneWorlds,
  ...foreignWriterWorlds,
  ...watcherWorlds
]
