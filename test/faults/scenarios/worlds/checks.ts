import * as fs from "node:fs"
import { holderOf, issueOf, type Stage, type World } from "../../judge/stage.ts"
import { ENDS_WELL, WORKS } from "../../machine/agents.ts"
import { processesBelow } from "../../machine/processes.ts"
import { kill, textOf, type WorldMachine } from "../../machine/WorldMachine.ts"

const CHECKED = "a check of a job's work"

/** Notes its begin, and that another check or an agent was at work; then waits until the test lets it go on. */
const script = (root: string): string => `#!/bin/sh
exec 9>>"${root}/working/bd-1"
flock -n 9 || echo bd-1 >>"${root}/overlaps"
echo check >>"${root}/checks"
until [ -e "${root}/go" ]; do sleep 0.05; done
exit 0
`

const checks = (machine: WorldMachine): number => textOf(machine.at("checks")).split("\n").length - 1
const hasLabel = (machine: WorldMachine): boolean =>
  JSON.stringify(issueOf(machine, "bd-1") ?? {}).includes("nightly-dispatch-review")
const ofCheck = (machine: WorldMachine) =>
  processesBelow(machine.root).filter(({ argv }) => argv.includes(machine.at("check")))

/** In a world where the job has ended and its check runs. */
const cell = (
  rule: string,
  runner: "dx" | "local",
  play: (stage: Stage, machine: WorldMachine) => Promise<void>
): World => ({
  world: CHECKED,
  rule: `${rule} (${runner})`,
  play: async (stage) => {
    const machine = stage.machine({ runner })
    fs.writeFileSync(machine.at("check"), script(machine.root), { mode: 0o700 })
    Object.assign(machine.env, { NIGHTLY_DISPATCH_VERIFY_COMMAND: machine.at("check") })
    machine.agentsDo(WORKS + ENDS_WELL)
    await stage.run(machine)
    await stage.expectSoon(
      "the agent did not end",
      () => machine.begun().length === 1 && machine.running().length === 0
    )
    await stage.run(machine, { args: ["settle"] })
    await stage.expectSoon("its check has not begun", () => checks(machine) === 1)
    await play(stage, machine)
  }
})

/** Ends all processes of the check, and its supervisor, with SIGKILL. */
const crash = async (stage: Stage, machine: WorldMachine): Promise<void> => {
  for (const { pid } of ofCheck(machine)) kill(pid)
  await stage.expectSoon("the check did not end", () => ofCheck(machine).length === 0)
}

const letGo = async (stage: Stage, machine: WorldMachine): Promise<void> => {
  fs.writeFileSync(machine.at("go"), "")
  await stage.expectSoon("the check did not end", () => ofCheck(machine).length === 0)
  await stage.run(machine)
}

const once = (stage: Stage, machine: WorldMachine): void => {
  stage.expect("a second agent has begun", machine.begun().length === 1)
  stage.expect("two worked at once", machine.overlaps().length === 0)
}

export const checkWorlds: ReadonlyArray<World> = (["local", "dx"] as const).flatMap((runner) => [
  cell("runs keep its claim, start no second one, and collect it", runner, async (stage, machine) => {
    const holder = holderOf(machine, "bd-1")
    for (const later of [0, 60_000]) await stage.run(machine, { later })
    stage.expect("its claim has changed", holderOf(machine, "bd-1") === holder)
    stage.expect("a second check has begun", checks(machine) === 1)
    await letGo(stage, machine)
    stage.expect("its work is not marked for review", hasLabel(machine))
    once(stage, machine)
  }),
  cell("killed, it is repeated once", runner, async (stage, machine) => {
    await crash(stage, machine)
    await stage.run(machine)
    await stage.expectSoon("it was not repeated", () => checks(machine) === 2)
    await letGo(stage, machine)
    stage.expect("its work is not marked for review", hasLabel(machine))
    once(stage, machine)
  }),
  cell("killed twice, it waits for a person, and its claim is free", runner, async (stage, machine) => {
    await crash(stage, machine)
    await stage.run(machine)
    await stage.expectSoon("it was not repeated", () => checks(machine) === 2)
    await crash(stage, machine)
    await stage.run(machine, {}, [0, 3])
    await stage.run(machine, { later: 300_000 }, [0, 3])
    stage.expect("a third check has begun", checks(machine) === 2)
    stage.expect("its work is not marked for review", hasLabel(machine))
    stage.expect("its claim is held", !(holderOf(machine, "bd-1") ?? "").startsWith("nightly-dispatch/"))
    once(stage, machine)
  })
])
