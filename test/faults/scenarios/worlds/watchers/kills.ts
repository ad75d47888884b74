import type { World } from "../../../judge/stage.ts"
import { allEnds, isWatched, runAndWatch, startWatcher, watched } from "../../../judge/watched.ts"
import type { Injection } from "../../../machine/dispatcher.ts"
import { renewalsOf } from "../../../machine/watchers.ts"
import { until } from "../../../machine/WorldMachine.ts"

const KILLED = "a watcher that is killed"

type Step = readonly [rule: string, injection: Omit<Injection, "act">, ending?: "ending"]

/** Each step of a watcher. At those marked with `ending` bd-1's job ends first. */
const STEPS: ReadonlyArray<Step> = [
  ["before it takes its place", { at: "lock:/watch.db", when: "before" }],
  ["after it took its place", { at: "lock:/watch.db", when: "after" }],
  ["during a renewal", { at: "spawn:^bd .*heartbeat bd-2", nth: 2, when: "during" }],
  ["while it holds the lock for a job", { at: "lock:/lock.db", when: "after" }, "ending"],
  ["between Ending and release", { at: "journal:Ending", when: "after" }, "ending"],
  ["after a release, before Settled", { at: "journal:Settled", when: "before" }, "ending"]
]

const killed = ([rule, injection, ending]: Step, runner: "dx" | "local", command: "run" | "settle"): World =>
  watched(
    KILLED,
    `${rule}: the next ${command} loses nothing and starts another`,
    async (world) => {
      const { machine, stage } = world
      const watcher = await startWatcher(world, { injection: { ...injection, act: "kill" } }, [null])
      if (ending !== undefined) {
        await until(() => renewalsOf(machine, "bd-1") > 0)
        await machine.endAgents("bd-1")
      }
      await watcher.ended
      await runAndWatch(world, { args: [command] }, [0, 3])
      stage.expect("bd-2's job has no claim", machine.claimed().includes("bd-2"))
      await isWatched(world, "bd-2")
      await allEnds(world)
    },
    { runner, bugs: ["bd-1", "bd-2"] }
  )

const atItsEnd = (rule: string, when: "before" | "after"): World =>
  watched(KILLED, `${rule}: nothing is left`, async (world) => {
    const { machine } = world
    const watcher = await startWatcher(world, { injection: { at: "free:/watch.db", when, act: "kill" } }, [null])
    await until(() => renewalsOf(machine, "bd-1") > 0)
    await machine.endAgents("bd-1")
    await watcher.ended
    await allEnds(world)
  })

export const watcherKills: ReadonlyArray<World> = [
  ...STEPS.map((step, at) => killed(step, "dx", at % 2 === 0 ? "run" : "settle")),
  ...STEPS.filter(([rule]) => /during a renewal|Ending/.test(rule)).map((step) => killed(step, "local", "run")),
  atItsEnd("before it leaves its place", "before"),
  atItsEnd("after it left its place", "after")
]
