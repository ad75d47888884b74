import * as fs from "node:fs"
import { holderOf, promptsOf, type Stage, type World } from "../../judge/stage.ts"
import { OWN_SESSION, WAITS } from "../../machine/agents.ts"
import { isAlive, processesBelow } from "../../machine/processes.ts"
import { kill, until, type WorldMachine } from "../../machine/WorldMachine.ts"

const KILLED = "a killed supervisor whose agent lives on"
const STRAY = "a slow stray start after kill -9"

/** Ends what watches the agent: the supervisor of a local job, the launcher and the monitor of dx-runner. */
const killSupervisor = async (stage: Stage, machine: WorldMachine): Promise<void> => {
  const isWatching = (word: string) => word === "nightly-dispatch-job" || word === "launcher"
  const watches = () => processesBelow(machine.root).filter(({ argv }) => argv.some(isWatching))
  stage.expect("there is no supervisor", watches().length > 0)
  for (const { pid } of watches()) kill(pid)
  await until(() => watches().length === 0)
  stage.expect("the agent ended with its supervisor", machine.running().join() === "bd-1")
}

/** dx-runner has noticed the end of its launcher. */
const dxNoticed = (machine: WorldMachine): Promise<boolean> =>
  until(() => !fs.existsSync(machine.at("dx")) || fs.existsSync(machine.at("dx/opencode/bd-1.outcome")), 5_000)

const cell = (
  rule: string,
  runner: "dx" | "local",
  play: (stage: Stage, machine: WorldMachine) => Promise<void>,
  agent = WAITS
): World => ({
  world: KILLED,
  rule: `${rule} (${runner})`,
  play: async (stage) => {
    const machine = stage.machine({ runner })
    machine.agentsDo(agent)
    await stage.run(machine)
    await killSupervisor(stage, machine)
    if (runner === "dx") await dxNoticed(machine)
    await play(stage, machine)
  }
})

/** The agent is the job: it keeps claim, worktree and prompt, and no other agent begins. */
const lives: Parameters<typeof cell>[2] = async (stage, machine) => {
  const holder = holderOf(machine, "bd-1")
  for (const later of [0, 300_000]) await stage.run(machine, { later })
  stage.expect("bd-1's claim has changed", holderOf(machine, "bd-1") === holder)
  stage.expect("bd-1's prompt is gone", promptsOf(machine, "bd-1").length === 1)
  stage.expect("a second agent has begun", machine.begun().length === 1)
  await stage.settled(machine, ["bd-1"])
}

/** The fake dx-runner is in the middle of a start when its dispatcher is killed, and launches the agent later. */
const strayStart = (rule: string, later: number, args: ReadonlyArray<string>): World => ({
  world: STRAY,
  rule,
  play: async (stage) => {
    const machine = stage.machine({ runner: "dx" })
    const env = { FAKE_DX_FAULT: "start=held" }
    let pid = 0
    const killed = stage.run(machine, { process: true, env }, [null], { onStart: (started) => (pid = started) })
    stage.expect("no start began", await until(() => fs.existsSync(machine.at("dx/held"))))
    const strays = processesBelow(machine.root).filter(({ argv }) => argv.includes("start"))
    kill(pid)
    await killed
    await stage.run(machine, { later, args }, [0, 3])
    fs.writeFileSync(machine.at("dx/go"), "")
    // It has launched its agent by then, or was ended.
    await stage.expectSoon("the stray start did not end", () => !strays.some((stray) => isAlive(stray.pid)))
    await stage.always(machine, "the stray start")
    await stage.run(machine, { later: later + 300_000 })
    await stage.run(machine, { later: later + 600_000 })
    await stage.settled(machine, ["bd-1"])
    stage.expect("two agents have begun", machine.begun().length === 1)
  }
})

export const supervisorWorlds: ReadonlyArray<World> = [
  cell("it keeps its claim, and no other agent begins", "local", lives),
  cell("it keeps its claim, and no other agent begins", "dx", lives),
  cell("once it has ended, its bug is free again", "local", async (stage, machine) => {
    await machine.endAgents("bd-1")
    await stage.run(machine, {}, [0, 3])
    await stage.run(machine, { later: 300_000 }, [0, 3])
    await stage.settled(machine, ["bd-1"])
  }),
  cell("an overrun ends it", "local", async (stage, machine) => {
    const env = { NIGHTLY_DISPATCH_LIMITS_MAX_RUNTIME: "1 s" }
    await stage.run(machine, { args: ["settle"], later: 60_000, env }, [0, 3])
    stage.expect("the agent was not ended", machine.inWorktree("bd-1").length === 0)
    await stage.settled(machine, [])
  }),
  cell(
    "what the agent left in its worktree counts as the agent",
    "local",
    async (stage, machine) => {
      for (const { pid } of machine.agents()) kill(pid)
      await stage.expectSoon("the agent did not end", () => machine.running().length === 0)
      await stage.run(machine, {}, [0, 3])
      await stage.run(machine, { later: 300_000 }, [0, 3])
      stage.expect("an agent began beside it", machine.begun().length === 1 || machine.overlaps().length === 0)
    },
    OWN_SESSION + WAITS
  ),
  strayStart("the next run, when every time limit is over, starts no second agent", 600_000, ["run"]),
  strayStart("settle, when every time limit is over, keeps or ends it", 600_000, ["settle"])
]
