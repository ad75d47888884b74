import { holderOf, issueOf, linesWith, type Stage, type World } from "../../judge/stage.ts"
import { WAITS } from "../../machine/agents.ts"
import { textOf, type WorldMachine } from "../../machine/WorldMachine.ts"

const BEFORE = "a claim that changes hands between claim and start"
const AFTER = "a claim that changes hands between start and acknowledgement"

const FOREIGN = "Somebody Else"

/** Reads of bd-1 in a dispatch: re-read, read-back, then the one before the start and the one after the acknowledgement. */
const BEFORE_START = 3
const AFTER_ACK = 4

const cell = (
  world: string,
  rule: string,
  fault: string,
  codes: ReadonlyArray<number>,
  judge: (stage: Stage, machine: WorldMachine) => Promise<void>,
  runner: "dx" | "local" = "dx"
): World => ({
  world,
  rule: `${rule} (${runner})`,
  play: async (stage) => {
    const machine = stage.machine({ runner })
    machine.agentsDo(`echo done >work.txt\necho "$id" >>"$root/worked"\n${WAITS}`)
    const call = world === BEFORE ? BEFORE_START : AFTER_ACK
    await stage.run(machine, { env: { FAKE_BD_FAULT: `show:bd-1@${call}=${fault}` } }, codes)
    await judge(stage, machine)
  }
})

/** Nothing was started, and what was prepared is gone. */
const nothingStarted = async (stage: Stage, machine: WorldMachine): Promise<void> => {
  stage.expect("an agent has begun", machine.begun().length === 0)
  await stage.settled(machine, [])
}

const isForeign = (stage: Stage, machine: WorldMachine): void =>
  stage.expect("the other's claim is gone", holderOf(machine, "bd-1") === FOREIGN)

/** Our job is ended wholly, its work is kept, and the run says that the claim was lost. */
const stoppedForOther = async (stage: Stage, machine: WorldMachine): Promise<void> => {
  await stage.expectSoon("our agent works on", () => machine.inWorktree("bd-1").length === 0)
  const run = await stage.run(machine, { args: ["settle"] }, [0, 3])
  isForeign(stage, machine)
  const said = [...stage.log, run.stderr].join("\n")
  stage.expect("no run says claim_lost", linesWith({ ...run, stderr: said }, "bd-1", "claim_lost").length > 0)
  stage.expect(
    "the agent's work was removed",
    textOf(machine.at("worked")) === "" || machine.worktrees().includes("bd-1")
  )
}

const jobGoesOn = async (stage: Stage, machine: WorldMachine): Promise<void> => {
  await stage.run(machine)
  await stage.run(machine, { later: 300_000 })
  stage.expect("another agent has begun", machine.begun().length === 1)
  await stage.settled(machine, ["bd-1"])
}

export const claimWorlds: ReadonlyArray<World> = [
  ...(["dx", "local"] as const).flatMap((runner) => [
    cell(
      BEFORE,
      "another holder: nothing is started",
      "first:take",
      [0, 3],
      async (stage, machine) => {
        await nothingStarted(stage, machine)
        isForeign(stage, machine)
        await stage.run(machine)
        isForeign(stage, machine)
      },
      runner
    ),
    cell(AFTER, "another holder: our job is stopped, its work is kept", "first:take", [0, 3], stoppedForOther, runner)
  ]),
  cell(BEFORE, "closed: nothing is started", "first:close", [0, 3], async (stage, machine) => {
    stage.expect("an agent has begun", machine.begun().length === 0)
    await stage.run(machine)
    await stage.run(machine, { later: 300_000 })
    stage.expect("the bug was opened again", issueOf(machine, "bd-1")?.status === "closed")
    stage.expect("an agent has begun later", machine.begun().length === 0)
  }),
  cell(BEFORE, "found free: at the end one job with its claim", "first:free", [0, 3], async (stage, machine) => {
    await stage.run(machine)
    await stage.run(machine, { later: 300_000 })
    await stage.settled(machine, ["bd-1"])
    stage.expect("two agents have begun", machine.begun().length === 1)
  }),
  cell(BEFORE, "unreadable: nothing is started without a claim", "exit:1", [0, 3, 4], jobGoesOn),
  cell(AFTER, "found free: taken again", "first:free", [0], async (stage, machine) => {
    stage.expect("the job has no claim", holderOf(machine, "bd-1").startsWith("nightly-dispatch/"))
    await jobGoesOn(stage, machine)
  }),
  cell(AFTER, "unreadable: kept for settling", "exit:1", [0, 3, 4], jobGoesOn)
]
