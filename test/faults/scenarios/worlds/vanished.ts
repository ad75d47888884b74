import * as fs from "node:fs"
import { changeHolder, holderOf, linesWith, type Stage, type World } from "../../judge/stage.ts"
import type { Ended } from "../../machine/dispatcher.ts"
import type { WorldMachine } from "../../machine/WorldMachine.ts"

const VANISHED = "a state directory that vanishes"
const LOST = "a lost journal"

/** Longer than a run, its job and the grace together, with the default limits. */
const AFTER_GRACE = 4 * 3_600_000

/** Nothing tells what a worktree began with once the journal is lost, so it may stay. */
const NO_WORKTREES = { worktrees: false } as const

type Runner = "dx" | "local"

const isNamed = (stage: Stage, machine: WorldMachine, run: Ended): void =>
  stage.expect("a run does not name the claim", linesWith(run, "bd-1", holderOf(machine, "bd-1")).length > 0)

const removeState = (machine: WorldMachine): void => fs.rmSync(machine.at("state"), { recursive: true, force: true })

/** The state directory vanishes while the run is held at its point. `codes`: how that run may end. */
const inMidRun = (
  rule: string,
  at: string,
  codes: ReadonlyArray<number>,
  judge: (stage: Stage, machine: WorldMachine) => Promise<void>
): World => ({
  world: VANISHED,
  rule,
  play: async (stage) => {
    const machine = stage.machine({ runner: "dx" })
    let onHeld = () => {}
    const held = new Promise<void>((resolve) => (onHeld = resolve))
    const first = stage.run(machine, { injection: { at, when: "before", act: "hold" } }, codes, { onHeld })
    await Promise.race([held, first])
    removeState(machine)
    fs.writeFileSync(machine.at("go"), "")
    await first
    await judge(stage, machine)
  }
})

/** What is left is settled in the end, and no bug ever had two agents. */
const recovers = async (stage: Stage, machine: WorldMachine): Promise<void> => {
  await stage.run(machine, {}, [0, 3])
  await stage.run(machine, { later: AFTER_GRACE }, [0, 3])
  await stage.settled(machine, machine.running(), NO_WORKTREES)
}

/** After a run that started bd-1's job. */
const afterJob = (
  world: string,
  rule: string,
  runner: Runner,
  play: (stage: Stage, machine: WorldMachine, holder: string) => Promise<void>
): World => ({
  world,
  rule: `${rule} (${runner})`,
  play: async (stage) => {
    const machine = stage.machine({ runner })
    await stage.run(machine)
    await play(stage, machine, holderOf(machine, "bd-1"))
  }
})

/** The agent lives: its claim is not taken, and every run names it. */
const keptAndNamed = async (stage: Stage, machine: WorldMachine, holder: string): Promise<void> => {
  for (const args of [["run"], ["settle"]]) isNamed(stage, machine, await stage.run(machine, { args }))
  stage.expect("bd-1's claim has changed", holderOf(machine, "bd-1") === holder)
  stage.expect("a second agent has begun", machine.begun().length === 1)
}

/** The agent has ended: its claim is released once the grace is over, and the bug is free. */
const freeAfterGrace = async (stage: Stage, machine: WorldMachine): Promise<void> => {
  await machine.endAgents("bd-1")
  await stage.run(machine, { args: ["settle"], later: AFTER_GRACE }, [0, 3])
  stage.expect("bd-1's claim is still held", holderOf(machine, "bd-1") === "")
}

/** Another host's claim: no run may release it, because its agent cannot be seen from here. */
const namedUntilReleased = async (stage: Stage, machine: WorldMachine): Promise<void> => {
  await machine.endAgents("bd-1")
  for (const args of [["run"], ["settle"]]) {
    isNamed(stage, machine, await stage.run(machine, { args, later: AFTER_GRACE }, [0, 3]))
  }
  await stage.run(machine, { args: ["release", "bd-1"], plain: true })
  stage.expect("bd-1's claim is still held", holderOf(machine, "bd-1") === "")
}

/** The run says that the journal is lost. */
const isNamedLost = (stage: Stage, run: Ended): void =>
  stage.expect("a run does not name the lost journal", linesWith(run, "journal.db", "it is gone or empty").length > 0)

const loseJournal = (machine: WorldMachine): void => {
  for (const name of fs.readdirSync(machine.at("state"))) {
    if (name.startsWith("journal.db")) fs.rmSync(machine.at(`state/${name}`))
  }
}

/** As if the host had another name when it made the claim. */
const renameHost = (machine: WorldMachine): void => {
  const before = holderOf(machine, "bd-1")
  changeHolder(machine, "bd-1", (holder) => holder.replace(/\/[^/]+(?=\/[^/]+\/\d+$)/, "/old-name"))
  const log = machine.at("beads/fake-bd.log")
  fs.writeFileSync(log, fs.readFileSync(log, "utf8").replaceAll(before, holderOf(machine, "bd-1")))
}

export const vanishedWorlds: ReadonlyArray<World> = [
  inMidRun("before a claim: nothing is claimed", "spawn:^bd show bd-1", [6], async (stage, machine) => {
    stage.expect("bd-1 is claimed", machine.claimed().length === 0)
    stage.expect("an agent has begun", machine.begun().length === 0)
    await stage.run(machine)
    await stage.settled(machine, ["bd-1"])
  }),
  inMidRun(
    "between claim and start: nothing is started",
    "spawn:^git .*worktree add .*bd-1",
    [3, 6],
    async (stage, machine) => {
      stage.expect("an agent has begun", machine.begun().length === 0)
      await recovers(stage, machine)
    }
  ),
  inMidRun("during a start: at most one job, and nothing is left", "spawn:^dx-runner start", [0, 3, 6], recovers),
  ...(["dx", "local"] as const).map((runner) =>
    afterJob(VANISHED, "while a job runs: its claim is named and not taken", runner, async (stage, machine, holder) => {
      removeState(machine)
      await keptAndNamed(stage, machine, holder)
    })
  ),
  afterJob(VANISHED, "while a job runs: its claim is released after the grace", "local", async (stage, machine) => {
    removeState(machine)
    await stage.run(machine)
    await freeAfterGrace(stage, machine)
  }),
  afterJob(LOST, "a job that runs is found again", "dx", async (stage, machine, holder) => {
    loseJournal(machine)
    isNamedLost(stage, await stage.run(machine))
    stage.expect("bd-1's claim has changed", holderOf(machine, "bd-1") === holder)
    await stage.settled(machine, ["bd-1"])
    await machine.endAgents("bd-1")
    await stage.run(machine, { args: ["settle"], later: AFTER_GRACE }, [0, 3])
    await stage.settled(machine, [], NO_WORKTREES)
  }),
  afterJob(LOST, "cut to nothing: a job that runs is found again", "local", async (stage, machine, holder) => {
    loseJournal(machine)
    fs.writeFileSync(machine.at("state/journal.db"), "")
    isNamedLost(stage, await stage.run(machine))
    stage.expect("bd-1's claim has changed", holderOf(machine, "bd-1") === holder)
    stage.expect("a second agent has begun", machine.begun().length === 1)
    await stage.settled(machine, ["bd-1"])
  }),
  afterJob(LOST, "and the host has another name: a job that runs is found again", "local", async (stage, machine) => {
    loseJournal(machine)
    renameHost(machine)
    const holder = holderOf(machine, "bd-1")
    await stage.run(machine)
    stage.expect("bd-1's claim has changed", holderOf(machine, "bd-1") === holder)
    await stage.settled(machine, ["bd-1"])
  }),
  afterJob(LOST, "and the host has another name: a job that ended is settled", "dx", async (stage, machine) => {
    loseJournal(machine)
    renameHost(machine)
    await machine.endAgents("bd-1")
    await stage.run(machine, { args: ["settle"] }, [0, 3])
    await stage.run(machine, { args: ["settle"], later: AFTER_GRACE }, [0, 3])
    await stage.settled(machine, [], NO_WORKTREES)
  }),
  ...[false, true].map((ends) =>
    afterJob(
      LOST,
      `with the whole state directory and the host's name: the claim is ${ends ? "named until it is released by hand" : "named and not taken"}`,
      "local",
      async (stage, machine) => {
        removeState(machine)
        renameHost(machine)
        if (ends) await namedUntilReleased(stage, machine)
        else await keptAndNamed(stage, machine, holderOf(machine, "bd-1"))
      }
    )
  )
]
