import * as fs from "node:fs"
import { holderOf, linesWith, promptsOf, type Stage, type World } from "../../judge/stage.ts"
import type { RunOptions } from "../../machine/dispatcher.ts"
import { copyDirectory, type WorldMachine } from "../../machine/WorldMachine.ts"

const COPIED = "a copied state directory"
/** Below another directory than the original, where no journal is judged: the copy's attempts stay open until the grace is over. */
const COPY = "copies/state"

const MOVED = "a moved state directory"

/** Longer than a run, its job and the grace together, with the default limits. */
const AFTER_GRACE = 4 * 3_600_000

const at = (machine: WorldMachine, name: string): Pick<RunOptions, "env"> => ({
  env: { NIGHTLY_DISPATCH_STATE_DIR: machine.at(name) }
})

const copy = (machine: WorldMachine): void => copyDirectory(machine.at("state"), machine.at(COPY))

/** The job goes on, with its claim and its prompt. */
const untouched = async (stage: Stage, machine: WorldMachine, holder: string): Promise<void> => {
  stage.expect("bd-1's claim has changed", holderOf(machine, "bd-1") === holder)
  stage.expect("bd-1's prompt is gone", promptsOf(machine, "bd-1").length === 1)
  stage.expect("a second agent has begun", machine.begun().length === 1)
  stage.expect("bd-1 has no agent", machine.running().join() === "bd-1")
  await stage.always(machine, "the copy's run")
}

/** A world whose first run has started bd-1's job. `act` gets the claim's holder. */
const withJob = (
  world: string,
  rule: string,
  act: (stage: Stage, machine: WorldMachine, holder: string) => Promise<unknown>,
  runner: "dx" | "local" = "local",
  first: RunOptions = {}
): World => ({
  world,
  rule,
  play: async (stage) => {
    const machine = stage.machine({ runner })
    await stage.run(machine, first)
    stage.expect("no job was started", machine.running().join() === "bd-1")
    await act(stage, machine, holderOf(machine, "bd-1"))
  }
})

const saysAdopt = (stage: Stage, ended: Parameters<typeof linesWith>[0]): void =>
  stage.expect("the run does not name state adopt", linesWith(ended, "state adopt").length > 0)

export const copyWorlds: ReadonlyArray<World> = [
  ...(["dx", "local"] as const).map((runner) =>
    withJob(
      COPIED,
      `the job is not the copy's, and each run says so (${runner})`,
      async (stage, machine, holder) => {
        copy(machine)
        for (const args of [["run"], ["settle"]]) {
          saysAdopt(stage, await stage.run(machine, { args, ...at(machine, COPY) }))
        }
        await untouched(stage, machine, holder)
      },
      runner
    )
  ),
  withJob(COPIED, "a job that ended is settled where it was started", async (stage, machine, holder) => {
    copy(machine)
    await machine.endAgents("bd-1")
    await stage.run(machine, at(machine, COPY))
    stage.expect("the copy released the claim", holderOf(machine, "bd-1") === holder)
    await stage.run(machine, { args: ["settle"] })
    await stage.settled(machine, [])
  }),
  withJob(COPIED, "the copy dispatches other bugs", async (stage, machine) => {
    copy(machine)
    machine.addBug("bd-2")
    await stage.run(machine, at(machine, COPY))
    await stage.settled(machine, ["bd-1", "bd-2"])
    stage.expect(
      "both claims have one mark",
      holderOf(machine, "bd-1").slice(0, 49) !== holderOf(machine, "bd-2").slice(0, 49)
    )
  }),
  withJob(
    COPIED,
    "another machine with the same directory is a copy",
    async (stage, machine, holder) => {
      saysAdopt(stage, await stage.run(machine, { env: { NIGHTLY_DISPATCH_HOST_ID: "machine-2" } }))
      await untouched(stage, machine, holder)
    },
    "local",
    { env: { NIGHTLY_DISPATCH_HOST_ID: "machine-1" } }
  ),
  withJob(COPIED, "a lost original's claim is released after the grace, with exit 3", async (stage, machine) => {
    copy(machine)
    fs.rmSync(machine.at("state"), { recursive: true })
    await stage.run(machine, at(machine, COPY))
    await machine.endAgents("bd-1")
    await stage.run(machine, { later: AFTER_GRACE, args: ["settle"], ...at(machine, COPY) }, [3])
    // Prompt and worktree are not the copy's: an agent may still use them.
    await stage.settled(machine, [], { prompts: false, worktrees: false })
  }),
  withJob(COPIED, "state adopt makes the open attempts ours at once", async (stage, machine, holder) => {
    copy(machine)
    fs.rmSync(machine.at("state"), { recursive: true })
    await stage.run(machine, at(machine, COPY))
    await stage.run(machine, { args: ["state", "adopt"], plain: true, ...at(machine, COPY) })
    const run = await stage.run(machine, at(machine, COPY))
    stage.expect("the run still takes the directory for a copy", linesWith(run, "state adopt").length === 0)
    await untouched(stage, machine, holder)
    await machine.endAgents("bd-1")
    await stage.run(machine, { args: ["settle"], ...at(machine, COPY) })
    await stage.settled(machine, [])
  }),
  withJob(MOVED, "mv while a job runs changes nothing", async (stage, machine, holder) => {
    fs.renameSync(machine.at("state"), machine.at("moved"))
    const run = await stage.run(machine, at(machine, "moved"))
    stage.expect("the run takes it for a copy", linesWith(run, "state adopt").length === 0)
    await untouched(stage, machine, holder)
    await machine.endAgents("bd-1")
    await stage.run(machine, { args: ["settle"], ...at(machine, "moved") })
    await stage.settled(machine, [])
  })
]
