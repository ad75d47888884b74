import * as fs from "node:fs"
import { makeNewer } from "../../../judge/journals.ts"
import { linesWith, type World } from "../../../judge/stage.ts"
import { allEnds, isWatched, runAndWatch, startWatcher, watched, type Watched } from "../../../judge/watched.ts"
import type { RunOptions } from "../../../machine/dispatcher.ts"
import { installProgram, placeOf, watchersOf } from "../../../machine/watchers.ts"
import { until } from "../../../machine/WorldMachine.ts"

const UPGRADE = "an upgrade under a watcher"

/** A watcher that runs from the machine's own copy of the program. */
const fromCopy = async (world: Watched, options: RunOptions = {}, codes?: ReadonlyArray<number | null>) => {
  const program = installProgram(world.machine)
  const watcher = await startWatcher(world, { ...options, program }, codes)
  await isWatched(world, "bd-1")
  return { program, watcher }
}

/** Another program, as another version would be. */
const change = (file: string): void => fs.appendFileSync(file, "\n// another version\n")

const isHandedOver = async (world: Watched, from: number): Promise<void> => {
  const { machine, stage } = world
  const hasChanged = () => placeOf(machine) !== from && watchersOf(machine).some(({ pid }) => pid === placeOf(machine))
  await stage.expectSoon("the new program does not watch", hasChanged)
  await isWatched(world, "bd-1")
}

/** It is killed while it starts the new program. */
const killedAtHandOver = (
  rule: string,
  when: "before" | "during",
  judge: (world: Watched) => Promise<unknown>
): World =>
  watched(UPGRADE, `it is killed ${rule}`, async (world) => {
    const injection = { at: "spawn:^node .*nightly-dispatch.js watch", when, act: "kill" } as const
    const { program, watcher } = await fromCopy(world, { injection }, [null])
    change(program.replace("nightly-dispatch.js", "program.cjs"))
    await watcher.ended
    await judge(world)
    await isHandedOver(world, watcher.pid)
    await allEnds(world)
  })

export const watcherUpgrades: ReadonlyArray<World> = [
  watched(UPGRADE, "the program is replaced: it hands over, and renewing goes on", async (world) => {
    const { program, watcher } = await fromCopy(world)
    installProgram(world.machine)
    change(program.replace("nightly-dispatch.js", "program.cjs"))
    await isHandedOver(world, watcher.pid)
    await allEnds(world)
    await watcher.ended
  }),
  watched(UPGRADE, "the program is away for a while: it goes on until the new one is there", async (world) => {
    const { machine, stage } = world
    const { program, watcher } = await fromCopy(world)
    fs.rmSync(machine.at("dist"), { recursive: true })
    await until(() => false, 2_500)
    stage.expect("nobody watches", placeOf(machine) === watcher.pid)
    await isWatched(world, "bd-1")
    installProgram(machine)
    change(program.replace("nightly-dispatch.js", "program.cjs"))
    await isHandedOver(world, watcher.pid)
    await allEnds(world)
    await watcher.ended
  }),
  killedAtHandOver("before it starts the new program: the next run does", "before", (world) => runAndWatch(world)),
  killedAtHandOver("when it has started it: that one watches", "during", () => Promise.resolve()),
  watched(
    UPGRADE,
    "its program and what it has loaded are gone for good: it renews and settles all the same",
    async (world) => {
      const { machine } = world
      const { watcher } = await fromCopy(world)
      fs.rmSync(machine.at("dist"), { recursive: true })
      fs.rmSync(machine.at("node_modules"))
      await isWatched(world, "bd-1")
      await allEnds(world)
      await watcher.ended
    },
    { runner: "local" }
  ),
  watched(UPGRADE, "a newer version has changed the journal: it ends, and says so", async (world) => {
    const { machine, stage } = world
    const watcher = await startWatcher(world, {}, [0, 6])
    await isWatched(world, "bd-1")
    const restore = await makeNewer(machine.root)
    const ended = await watcher.ended
    stage.expect("it does not say so", linesWith(ended, "newer").length > 0)
    stage.expect("the job has ended", machine.running().join() === "bd-1")
    await restore()
    const next = await startWatcher(world)
    await isWatched(world, "bd-1")
    await allEnds(world)
    await next.ended
  })
]
