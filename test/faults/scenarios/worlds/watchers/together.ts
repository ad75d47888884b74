import * as fs from "node:fs"
import { linesWith, type World } from "../../../judge/stage.ts"
import { allEnds, isWatched, runAndWatch, startWatcher, watched, type Watched } from "../../../judge/watched.ts"
import { logOf, placeOf, renewalsOf, STARTS_WATCHER, watchersOf } from "../../../machine/watchers.ts"
import { kill, textOf, until } from "../../../machine/WorldMachine.ts"

const TWO = "two watchers"
const RUNS = "a watcher beside a run"

/** A watcher that is held at a point, and the function that lets it go on. */
const held = async (world: Watched, at: string, when: "before" | "after") => {
  const { machine, stage } = world
  let isHeld = false
  const ended = stage.run(machine, { args: ["watch"], injection: { at, when, act: "hold", patience: 30_000 } }, [0], {
    onHeld: () => (isHeld = true)
  })
  await until(() => renewalsOf(machine, "bd-1") > 0)
  await machine.endAgents("bd-1")
  stage.expect("the watcher was not held", await until(() => isHeld))
  return { ended, goOn: () => fs.writeFileSync(machine.at("go"), "") }
}

/** Another bug comes in, whose job begins now. */
const secondJob = async (world: Watched, watch: "auto" | "never"): Promise<void> => {
  world.machine.addBug("bd-2")
  await (watch === "auto" ? runAndWatch(world, {}, [0, 3]) : world.stage.run(world.machine, {}, [0, 3]))
}

export const watchersTogether: ReadonlyArray<World> = [
  watched(TWO, "started at once: one watches, the other says so and ends well", async (world) => {
    const { machine, stage } = world
    const both = [await startWatcher(world), await startWatcher(world)]
    await isWatched(world, "bd-1")
    const place = placeOf(machine)
    const other = both.find(({ pid }) => pid !== place)
    stage.expect(
      "neither has the place",
      both.some(({ pid }) => pid === place)
    )
    stage.expect(
      "the other does not name it",
      other !== undefined && linesWith(await other.ended, String(place)).length > 0
    )
    await allEnds(world)
    await Promise.all(both.map(({ ended }) => ended))
  }),
  watched(TWO, "a run starts none while one is there", async (world) => {
    const { machine, stage } = world
    const watcher = await startWatcher(world)
    await isWatched(world, "bd-1")
    await runAndWatch(world)
    stage.expect("another watcher is there", placeOf(machine) === watcher.pid && watchersOf(machine).length === 1)
    await allEnds(world)
    await watcher.ended
  }),
  watched(TWO, "started while one is ending: it watches what has begun meanwhile", async (world) => {
    const { ended, goOn } = await held(world, "free:/watch.db", "before")
    await secondJob(world, "never")
    // Its patience with a watcher that is ending is 15 seconds of its own clock.
    const second = await startWatcher(world, { env: { FAKE_WATCHER_SPEED: "3" } })
    await until(() => false, 1_500)
    goOn()
    await isWatched(world, "bd-2")
    await allEnds(world)
    await Promise.all([ended, second.ended])
  }),
  watched(TWO, "a run begins a job while one is ending: it is watched", async (world) => {
    const { ended, goOn } = await held(world, "free:/watch.db", "before")
    await secondJob(world, "auto")
    goOn()
    await isWatched(world, "bd-2")
    await allEnds(world)
    await ended
  }),
  watched(
    RUNS,
    "a run waits while it settles one job, and then dispatches",
    async (world) => {
      const { machine, stage } = world
      const { ended, goOn } = await held(world, "lock:/lock.db", "after")
      for (const id of ["bd-2", "bd-3"]) await machine.endAgents(id)
      machine.addBug("bd-4")
      const run = runAndWatch(world, {}, [0, 3])
      await until(() => false, 300)
      goOn()
      stage.expect("the run was skipped", linesWith(await run, "RUN_SKIPPED").length === 0)
      stage.expect("the run dispatched nothing", machine.running().includes("bd-4"))
      await allEnds(world)
      await ended
    },
    { bugs: ["bd-1", "bd-2", "bd-3"] }
  ),
  watched(
    RUNS,
    "a run that is killed after its first dispatch leaves one",
    async (world) => {
      const { machine, stage } = world
      const env = { ...STARTS_WATCHER, NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "1" }
      const injection = { at: "spawn:^bd .*update bd-2 .*--claim", when: "before", act: "kill" } as const
      await stage.run(machine, { injection, env }, [null])
      await isWatched(world, "bd-1")
      // What the run was about to do for bd-2 is over after some time limits.
      await stage.expectSoon("what the run left is not settled", () => logOf(machine).includes("settled bd-2"))
      await stage.run(machine)
      await allEnds(world)
    },
    { bugs: ["bd-1", "bd-2"], noJobs: true, env: { NIGHTLY_DISPATCH_TIMEOUTS_BEADS: "40 s" } }
  ),
  watched(RUNS, "SIGTERM ends it; the claim stays, and the next run starts another", async (world) => {
    const { machine, stage } = world
    const watcher = await startWatcher(world, {}, [143])
    await isWatched(world, "bd-1")
    kill(watcher.pid, "SIGTERM")
    await watcher.ended
    stage.expect("the claim was released", machine.claimed().includes("bd-1"))
    stage.expect("its place is still taken", textOf(machine.at("state/watch.db.holder")) === "")
    await runAndWatch(world)
    await isWatched(world, "bd-1")
    await allEnds(world)
  })
]
