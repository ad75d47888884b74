import { changeHolder, holderOf, type World } from "../../../judge/stage.ts"
import { allEnds, isWatched, startWatcher, watched } from "../../../judge/watched.ts"
import { WAITS } from "../../../machine/agents.ts"
import { freeClaim, setAhead } from "../../../machine/watchers.ts"
import { kill, textOf, until } from "../../../machine/WorldMachine.ts"

const REVERTED = "a claim that a watcher finds changed"
const ASLEEP = "a host that was asleep for three hours"

const FOREIGN = "Somebody Else"

const RUNNERS = ["dx", "local"] as const

/** Longer than `limits.maxRuntime` by default, which is two hours. */
const THREE_HOURS = 3 * 3_600_000

/** The host sleeps: the watcher stands still. `freed`: its claim lapses meanwhile, and is freed. */
const asleep = (rule: string, maxRuntime: string, freed: boolean, judge: Parameters<typeof watched>[2]): World =>
  watched(
    ASLEEP,
    rule,
    async (world) => {
      const { machine } = world
      const watcher = await startWatcher(world)
      await isWatched(world, "bd-1")
      kill(watcher.pid, "SIGSTOP")
      if (freed) freeClaim(machine, "bd-1")
      setAhead(machine, THREE_HOURS)
      kill(watcher.pid, "SIGCONT")
      await judge(world)
      await allEnds(world)
      await watcher.ended
    },
    { env: { NIGHTLY_DISPATCH_LIMITS_MAX_RUNTIME: maxRuntime } }
  )

export const watcherClaims: ReadonlyArray<World> = [
  ...RUNNERS.map((runner) =>
    watched(
      REVERTED,
      "free although its job works: claimed again, and the job goes on",
      async (world) => {
        const { machine, stage } = world
        const watcher = await startWatcher(world)
        await isWatched(world, "bd-1")
        const holder = holderOf(machine, "bd-1")
        freeClaim(machine, "bd-1")
        await stage.expectSoon("it is not claimed again", () => holderOf(machine, "bd-1") === holder)
        await isWatched(world, "bd-1")
        stage.expect("the job has ended", machine.running().join() === "bd-1")
        await allEnds(world)
        await watcher.ended
      },
      { runner }
    )
  ),
  ...RUNNERS.map((runner) =>
    watched(
      REVERTED,
      "another actor's: the job is stopped wholly, its work is kept, claim_lost",
      async (world) => {
        const { machine, stage } = world
        const watcher = await startWatcher(world)
        await isWatched(world, "bd-1")
        await stage.expectSoon(
          "the agent did not work",
          () => textOf(machine.at("tmp/agents/bd-1/repo/work.txt")) !== ""
        )
        changeHolder(machine, "bd-1", () => FOREIGN)
        await stage.expectSoon("our agent works on", () => machine.inWorktree("bd-1").length === 0)
        const { stderr } = await watcher.ended
        stage.expect("the watcher does not say claim_lost", stderr.includes("claim_lost"))
        stage.expect("the agent's work was removed", machine.worktrees().includes("bd-1"))
        stage.expect("the other's claim is gone", holderOf(machine, "bd-1") === FOREIGN)
        await stage.settled(machine, [])
      },
      { runner, agent: `echo done >work.txt\n${WAITS}` }
    )
  ),
  asleep("its job has time left: its claim, freed meanwhile, is claimed again", "5 h", true, async (world) => {
    const { machine, stage } = world
    await stage.expectSoon("it is not claimed again", () => holderOf(machine, "bd-1") !== "")
    await isWatched(world, "bd-1")
    stage.expect("the job has ended", machine.running().join() === "bd-1")
  }),
  asleep("its job ran for too long: it is stopped, and its bug is free", "2 h", false, async ({ machine, stage }) => {
    await stage.expectSoon("the job was not stopped", () => machine.inWorktree("bd-1").length === 0)
    await until(() => holderOf(machine, "bd-1") === "")
  })
]
