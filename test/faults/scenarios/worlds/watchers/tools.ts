import type { World } from "../../../judge/stage.ts"
import { allEnds, isWatched, startWatcher, watched, type Watched } from "../../../judge/watched.ts"
import { breakTool, installTools, mendTool } from "../../../machine/tools.ts"
import { until } from "../../../machine/WorldMachine.ts"

/** What a tool does while it is away, in shell; `undefined`: it is not on PATH. */
const FAULTS = [undefined, "exit 1", 'echo \'[{"id":"bd-\'; exit 0', "sleep 600"] as const

/** Milliseconds for which a tool is away: longer than a watcher's step, shorter than a lease. */
const AWAY = 2_500

/** A hang ends after two seconds. */
const SHORT = { NIGHTLY_DISPATCH_TIMEOUTS_BEADS: "20 s", NIGHTLY_DISPATCH_TIMEOUTS_ACK: "20 s" }

const away = (world: string, tool: "bd" | "dx-runner", runner: "dx" | "local", ends: boolean): World =>
  watched(
    world,
    ends ? "a job that ends meanwhile is settled once it is back" : "job and claim stay, and it recovers",
    async (world) => {
      const { machine } = world
      installTools(machine, ["bd", "dx-runner"])
      const watcher = await startWatcher(world, { env: SHORT })
      await isWatched(world, "bd-1")
      if (ends) await endsMeanwhile(world, tool)
      else await staysMeanwhile(world, tool)
      await allEnds(world)
      await watcher.ended
    },
    { runner }
  )

const staysMeanwhile = async (world: Watched, tool: string): Promise<void> => {
  const { machine, stage } = world
  for (const fault of FAULTS) {
    breakTool(machine, tool, fault)
    await until(() => false, AWAY)
    stage.expect(`${fault}: the job has ended`, machine.running().join() === "bd-1")
    stage.expect(`${fault}: the claim is gone`, machine.claimed().join() === "bd-1")
    mendTool(machine, tool)
    await isWatched(world, "bd-1")
  }
}

const endsMeanwhile = async (world: Watched, tool: string): Promise<void> => {
  const { machine, stage } = world
  breakTool(machine, tool, "exit 1")
  await machine.endAgents("bd-1")
  await until(() => false, AWAY)
  stage.expect("the claim is gone", machine.claimed().join() === "bd-1")
  mendTool(machine, tool)
}

export const watcherTools: ReadonlyArray<World> = [
  away("a watcher without its runner", "dx-runner", "dx", false),
  away("a watcher without its runner", "dx-runner", "dx", true),
  away("a watcher without its tracker", "bd", "local", false),
  away("a watcher without its tracker", "bd", "dx", true)
]
