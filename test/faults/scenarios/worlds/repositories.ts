import * as fs from "node:fs"
import { holderOf, promptsOf, type Stage, type World } from "../../judge/stage.ts"
import type { WorldMachine } from "../../machine/WorldMachine.ts"

const REPOSITORIES = "two repositories on one host"

/**
 * Two repositories, each with a tracker of its own, of one user: the same HOME, TMPDIR and worktree root, and the default
 * state directory.
 */
const makeBoth = (stage: Stage, secondBug: string): readonly [WorldMachine, WorldMachine] => {
  const common = { runner: "local" } as const
  const first = stage.machine(common)
  const second = stage.machine({ ...common, bugs: [secondBug] })
  for (const [machine, name] of [
    [first, "app"],
    [second, "web"]
  ] as const) {
    Object.assign(machine.env, {
      XDG_STATE_HOME: first.at("home/.local/state"),
      TMPDIR: first.at("tmp"),
      NIGHTLY_DISPATCH_REPO: name
    })
    delete machine.env["NIGHTLY_DISPATCH_STATE_DIR"]
  }
  return [first, second]
}

/** Both have a job. `act` happens to the second; the first keeps its job, then ends and settles it. */
const withBothJobs = (
  rule: string,
  secondBug: string,
  act: (stage: Stage, second: WorldMachine) => Promise<unknown>
): World => ({
  world: REPOSITORIES,
  rule,
  play: async (stage) => {
    const [first, second] = makeBoth(stage, secondBug)
    await stage.run(first)
    const holder = holderOf(first, "bd-1")
    await stage.run(second)
    stage.expect("the second repository's bug has no job", second.running().join() === secondBug)
    await act(stage, second)
    stage.expect("the first repository's claim has changed", holderOf(first, "bd-1") === holder)
    stage.expect("the first repository's job was ended", first.running().join() === "bd-1")
    stage.expect("the first repository's prompt is gone", promptsOf(first, "bd-1").length > 0)
    await first.endAgents("bd-1")
    await stage.run(first, { args: ["settle"] })
    stage.expect("the first repository's claim was not released", holderOf(first, "bd-1") === "")
  }
})

export const repositoryWorlds: ReadonlyArray<World> = [
  withBothJobs("the same bug id in both is two bugs", "bd-1", async (stage, second) => {
    await second.endAgents("bd-1")
    await stage.run(second, { args: ["settle"] })
    stage.expect("the second repository's claim was not released", holderOf(second, "bd-1") === "")
  }),
  withBothJobs("an overrun in one ends only its own job", "cd-1", async (stage, second) => {
    const limit = { NIGHTLY_DISPATCH_LIMITS_MAX_RUNTIME: "1 s" }
    // All that ended in this run failed; a single job is not enough for exit 3.
    await stage.run(second, { args: ["settle"], later: 60_000, env: limit })
    await stage.expectSoon("the overrun job was not ended", () => second.running().length === 0)
  }),
  {
    world: REPOSITORIES,
    rule: "a job that ended is settled for its own tracker",
    play: async (stage) => {
      const [first, second] = makeBoth(stage, "cd-1")
      await stage.run(first)
      await first.endAgents("bd-1")
      await stage.run(second, { args: ["settle"] })
      await stage.run(first, { args: ["settle"] })
      stage.expect("the claim was not released", holderOf(first, "bd-1") === "")
      stage.expect("the prompt is still there", promptsOf(first, "bd-1").length === 0)
    }
  },
  {
    world: REPOSITORIES,
    rule: "each gets a state directory of its own",
    play: async (stage) => {
      const [first, second] = makeBoth(stage, "cd-1")
      await stage.run(first)
      await stage.run(second)
      const directories = fs.readdirSync(first.at("home/.local/state/nightly-dispatch"))
      const own = directories.filter((name) => /^[A-Za-z0-9_.-]+-[0-9a-f]{12}$/.test(name))
      stage.expect(`found [${directories}]`, own.length === 2)
    }
  }
]
