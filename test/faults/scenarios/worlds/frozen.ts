import * as fs from "node:fs"
import { holderOf, linesWith, promptsOf, type Stage, type World } from "../../judge/stage.ts"
import type { Ended } from "../../machine/dispatcher.ts"
import { kill, textOf, until, type WorldMachine } from "../../machine/WorldMachine.ts"

const FROZEN = "a frozen dispatcher"

/** Longer than `timeouts.run` and the grace together. */
const BEYOND = 2 * 3_600_000

const CLAIM = "spawn:^bd .*update bd-1 --claim"
const START = "spawn:^dx-runner start --beads bd-1"

/** A dispatcher that is stopped (SIGSTOP) at its point. */
interface Frozen {
  readonly pid: number
  readonly ended: Promise<Ended>
}

const freeze = async (
  stage: Stage,
  machine: WorldMachine,
  at: string,
  when: "before" | "after",
  codes: ReadonlyArray<number | null>
): Promise<Frozen> => {
  let pid = 0
  const injection = { at, when, act: "SIGSTOP" }
  const ended = stage.run(machine, { injection }, codes, { onStart: (started) => (pid = started) })
  const isStopped = () => /^State:\s+T/m.test(textOf(`/proc/${pid}/status`))
  stage.expect("the dispatcher was not stopped", await until(() => pid > 0 && isStopped()))
  return { pid, ended }
}

const cell = (
  rule: string,
  at: string,
  when: "before" | "after",
  play: (stage: Stage, machine: WorldMachine, frozen: Frozen) => Promise<void>,
  codes: ReadonlyArray<number | null> = [0]
): World => ({
  world: FROZEN,
  rule,
  play: async (stage) => {
    const machine = stage.machine({ runner: "dx" })
    const frozen = await freeze(stage, machine, at, when, codes)
    try {
      await play(stage, machine, frozen)
    } finally {
      // Nothing can be left stopped.
      kill(frozen.pid, "SIGCONT")
      await frozen.ended
    }
  }
})

const goOn = async ({ ended, pid }: Frozen): Promise<void> => {
  kill(pid, "SIGCONT")
  await ended
}

/** A run finds the frozen one beyond its time: exit 6, with its pid and how to end it. */
const isNamed = async (stage: Stage, machine: WorldMachine, { pid }: Frozen): Promise<void> => {
  const run = await stage.run(machine, { later: BEYOND }, [6])
  stage.expect("the run does not say how to end the frozen one", linesWith(run, String(pid), "kill").length > 0)
}

export const frozenWorlds: ReadonlyArray<World> = [
  cell(
    "within its time: the next run is skipped, and it goes on well",
    CLAIM,
    "before",
    async (stage, machine, frozen) => {
      const run = await stage.run(machine)
      stage.expect("the run was not skipped", /^ts=\S+ run=\S+ ⏭️ RUN_SKIPPED /m.test(run.stderr))
      await goOn(frozen)
      await stage.settled(machine, ["bd-1"])
    }
  ),
  cell(
    "beyond its time: exit 6 in every run, until it is ended",
    CLAIM,
    "before",
    async (stage, machine, frozen) => {
      await isNamed(stage, machine, frozen)
      await isNamed(stage, machine, frozen)
      kill(frozen.pid)
      await frozen.ended
      await stage.run(machine)
      await stage.run(machine, { later: 300_000 })
      await stage.settled(machine, ["bd-1"])
    },
    [null]
  ),
  cell(
    "killed between start and acknowledgement: its job keeps claim and prompt",
    START,
    "after",
    async (stage, machine, frozen) => {
      await isNamed(stage, machine, frozen)
      kill(frozen.pid)
      await frozen.ended
      await stage.run(machine)
      stage.expect("bd-1's prompt is gone", promptsOf(machine, "bd-1").length === 1)
      await stage.settled(machine, ["bd-1"])
    },
    [null]
  ),
  cell(
    "whose state directory is replaced meanwhile claims nothing when it goes on",
    "journal:Intended",
    "after",
    async (stage, machine, frozen) => {
      fs.renameSync(machine.at("state"), machine.at("away"))
      await stage.run(machine, { args: ["settle"] })
      await goOn(frozen)
      stage.expect("an agent has begun", machine.begun().length === 0)
    },
    [6]
  ),
  cell(
    "that holds a claim while its state directory is replaced: another run leaves the claim alone, and it starts nothing",
    START,
    "before",
    async (stage, machine, frozen) => {
      fs.renameSync(machine.at("state"), machine.at("away"))
      await stage.run(machine)
      stage.expect("the claim was released", holderOf(machine, "bd-1") !== "")
      await goOn(frozen)
      stage.expect("an agent has begun", machine.begun().length === 0)
      fs.rmSync(machine.at("away"), { recursive: true })
      await stage.run(machine)
      await stage.settled(machine, ["bd-1"])
    },
    [6]
  )
]
