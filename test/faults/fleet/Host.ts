import * as fs from "node:fs"
import * as path from "node:path"
import { AGENT, agentScript } from "../machine/agents.ts"
import { WorldMachine } from "../machine/WorldMachine.ts"
import type { Wire } from "./wire.ts"

/** One host of a fleet: a machine with a state directory, a clone, worktrees and a home of its own, and its way to the database. */
export class Host extends WorldMachine {
  readonly name: string
  readonly wire: Wire
  /** It was evicted, so it does nothing more, and nobody tidies up on it. */
  isGone = false

  constructor(name: string, shared: string, wire: Wire, env: Readonly<Record<string, string>>) {
    super({
      runner: "local",
      bugs: [],
      env: {
        BEADS_DIR: path.join(shared, "beads"),
        NIGHTLY_DISPATCH_HOST_NAME: name,
        ...env
      }
    })
    this.name = name
    this.wire = wire
    fs.writeFileSync(this.at(AGENT), agentScript(shared))
  }
}
