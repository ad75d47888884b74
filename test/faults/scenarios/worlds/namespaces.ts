import { holderOf, promptsOf, type Stage, type World } from "../../judge/stage.ts"
import { until, type WorldMachine } from "../../machine/WorldMachine.ts"
import * as fs from "node:fs"

const NAMESPACES = "two pid namespaces"

const RUNNERS = ["dx", "local"] as const

const cell = (
  rule: string,
  play: (stage: Stage, machine: WorldMachine) => Promise<void>,
  runner: "dx" | "local" = "local",
  bugs: ReadonlyArray<string> = ["bd-1"]
): World => ({
  world: NAMESPACES,
  rule: `${rule} (${runner})`,
  namespaces: true,
  play: (stage) => play(stage, stage.machine({ runner, bugs }))
})

const untouched = (stage: Stage, machine: WorldMachine, holder: string): void => {
  stage.expect("bd-1's claim has changed", holderOf(machine, "bd-1") === holder)
  stage.expect("a second agent has begun", machine.begun().length === 1)
  stage.expect("bd-1's agent does not run", machine.running().join() === "bd-1")
  stage.expect("bd-1's prompt is gone", promptsOf(machine, "bd-1").length === 1)
}

/** Runs a dispatcher in a namespace, which lives on beside its job while `act` happens. */
const besideNamespace = async (
  stage: Stage,
  machine: WorldMachine,
  act: (holder: string) => Promise<unknown>
): Promise<void> => {
  const end = machine.at("end-of-namespace")
  const inside = stage.run(machine, { namespace: { until: end } })
  await stage.expectSoon("no job was started in the namespace", () => machine.running().join() === "bd-1")
  // The dispatcher has ended when its lock is free: a run here would be skipped before.
  await until(() => !machine.dispatches(), 10_000)
  await act(holderOf(machine, "bd-1"))
  fs.writeFileSync(end, "")
  await inside
}

export const namespaceWorlds: ReadonlyArray<World> = [
  ...RUNNERS.map((runner) =>
    cell(
      "a run inside does not take over a job outside",
      async (stage, machine) => {
        await stage.run(machine)
        const holder = holderOf(machine, "bd-1")
        await stage.inNamespace(machine)
        untouched(stage, machine, holder)
      },
      runner
    )
  ),
  cell("a run outside does not take over a job inside", (stage, machine) =>
    besideNamespace(stage, machine, async (holder) => {
      await stage.run(machine)
      untouched(stage, machine, holder)
    })
  ),
  cell("a run inside is left out while one outside is active", async (stage, machine) => {
    const hold = { at: "spawn:^bd .*update bd-1 --claim", when: "before", act: "hold" } as const
    let onHeld = () => {}
    const held = new Promise<void>((resolve) => (onHeld = resolve))
    const first = stage.run(machine, { injection: hold }, [0], { onHeld })
    await Promise.race([held, first])
    const second = await stage.inNamespace(machine)
    stage.expect("the second run was not skipped", /^ts=\S+ run=\S+ ⏭️ RUN_SKIPPED /m.test(second.stderr))
    fs.writeFileSync(machine.at("go"), "")
    await first
    await stage.settled(machine, ["bd-1"])
  }),
  cell("a run outside goes on after one inside was killed with its lock", async (stage, machine) => {
    const injection = { at: "spawn:^bd .*update bd-1 --claim", when: "before", act: "kill" } as const
    await stage.run(machine, { injection, namespace: { until: "/" } }, [137])
    await stage.run(machine)
    await stage.run(machine, { later: 300_000 })
    await stage.settled(machine, ["bd-1"])
  }),
  cell("a namespace that ends with its job is noticed after the grace", async (stage, machine) => {
    await stage.inNamespace(machine)
    await stage.expectSoon("the namespace's agent lives on", () => machine.running().length === 0)
    await stage.run(machine, { later: 4 * 3_600_000 }, [0, 3])
    await stage.settled(machine, ["bd-1"])
  })
]
