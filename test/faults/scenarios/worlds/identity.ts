import * as fs from "node:fs"
import { holderOf, promptsOf, type Stage, type World } from "../../judge/stage.ts"
import type { WorldMachine } from "../../machine/WorldMachine.ts"

const SEVERAL = "two state directories, one TMPDIR"

/** The same machine with another state directory, and with another dx-runner, which does not know the jobs of the first. */
const apart = (machine: WorldMachine) => ({
  NIGHTLY_DISPATCH_STATE_DIR: machine.at("statf"),
  FAKE_DX_DIR: machine.at("dx-2")
})

/** The job of bd-1, its claim and its prompt are as the first run left them. */
const untouched = async (stage: Stage, machine: WorldMachine, holder: string): Promise<void> => {
  stage.expect("bd-1's claim has changed", holderOf(machine, "bd-1") === holder)
  stage.expect("bd-1's prompt is gone", promptsOf(machine, "bd-1").length === 1)
  stage.expect("more than one agent has begun", machine.begun().length === 1)
  await stage.settled(machine, ["bd-1"])
}

/** Whatever `act` does on the same machine beside a running job: the job is not its own. */
const besideJob = (
  rule: string,
  runner: "dx" | "local",
  act: (stage: Stage, machine: WorldMachine) => Promise<unknown>
): World => ({
  world: SEVERAL,
  rule: `${rule} (${runner})`,
  play: async (stage) => {
    const machine = stage.machine({ runner })
    await stage.run(machine)
    const holder = holderOf(machine, "bd-1")
    await act(stage, machine)
    await untouched(stage, machine, holder)
  }
})

const RUNNERS = ["dx", "local"] as const

/** A second repository with a tracker of its own, on the same host. */
const otherRepository = (stage: Stage, machine: WorldMachine, runner: "dx" | "local"): WorldMachine =>
  stage.machine({ runner, bugs: ["cd-1"], env: { TMPDIR: machine.at("tmp") } })

export const identityWorlds: ReadonlyArray<World> = [
  ...RUNNERS.map((runner) =>
    besideJob("a run for another tracker leaves a job alone", runner, (stage, machine) =>
      stage.run(otherRepository(stage, machine, runner))
    )
  ),
  ...RUNNERS.map((runner) =>
    besideJob("a run for the same tracker leaves a job alone", runner, (stage, machine) =>
      stage.run(machine, { env: apart(machine) })
    )
  ),
  besideJob("settle of one leaves a job of the other alone", "local", (stage, machine) =>
    stage.run(machine, { args: ["settle"], env: apart(machine) })
  ),
  besideJob("a host with the same name and the same path is another one", "dx", async (stage, machine) => {
    fs.renameSync(machine.at("state"), machine.at("away"))
    await stage.run(machine, { env: { FAKE_DX_DIR: machine.at("dx-2") } })
    fs.rmSync(machine.at("state"), { recursive: true })
    fs.renameSync(machine.at("away"), machine.at("state"))
    await stage.run(machine)
  }),
  {
    world: SEVERAL,
    rule: "each settles its own jobs",
    play: async (stage) => {
      const machine = stage.machine({ runner: "local", bugs: ["bd-1", "bd-2"] })
      const one = { NIGHTLY_DISPATCH_LIMITS_MAX_DISPATCHES: "1" }
      await stage.run(machine, { env: one })
      await stage.run(machine, { env: { ...one, ...apart(machine) } })
      await stage.settled(machine, ["bd-1", "bd-2"])
      for (const id of ["bd-1", "bd-2"]) await machine.endAgents(id)
      await stage.run(machine, { args: ["settle"] })
      stage.expect("the first did not settle exactly its own", holderOf(machine, "bd-1") === "")
      stage.expect("the first released a claim of the second", holderOf(machine, "bd-2") !== "")
      await stage.run(machine, { args: ["settle"], env: apart(machine) })
      await stage.settled(machine, [])
    }
  },
  {
    world: SEVERAL,
    rule: "two at the same time dispatch each bug once",
    play: async (stage) => {
      const machine = stage.machine({ runner: "local", bugs: ["bd-1", "bd-2"] })
      // One of them may lose a claim, which is a failed dispatch.
      await Promise.all([stage.run(machine, {}, [0, 3]), stage.run(machine, { env: apart(machine) }, [0, 3])])
      stage.expect(`agents of [${machine.begun()}] have begun`, machine.begun().toSorted().join() === "bd-1,bd-2")
      await stage.settled(machine, ["bd-1", "bd-2"])
    }
  },
  {
    world: SEVERAL,
    rule: "a state directory serves one tracker",
    play: async (stage) => {
      const machine = stage.machine({ runner: "local" })
      await stage.run(machine)
      const holder = holderOf(machine, "bd-1")
      const other = otherRepository(stage, machine, "local")
      const refused = await stage.run(other, { env: { NIGHTLY_DISPATCH_STATE_DIR: machine.at("state") } }, [5])
      stage.expect(
        "the refusal does not name the tracker",
        `${refused.stderr}${refused.stdout}`.includes(machine.at("beads"))
      )
      stage.expect("an agent began at the other tracker", other.begun().length === 0)
      await untouched(stage, machine, holder)
    }
  }
]
