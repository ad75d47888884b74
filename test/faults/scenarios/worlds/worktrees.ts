import * as fs from "node:fs"
import { linesWith, type World } from "../../judge/stage.ts"

const WORLD = "a repository that git cannot work in as usual"

export const worktreeWorlds: ReadonlyArray<World> = [
  {
    world: WORLD,
    rule: "a stale lock on one bug's branch: only that bug fails, in every run, and the others are dispatched",
    play: async (stage) => {
      const machine = stage.machine({ runner: "local", bugs: ["bd-1", "bd-2", "bd-3"] })
      const lock = machine.at("repo/.git/refs/heads/nightly-dispatch/bd-1.lock")
      fs.mkdirSync(machine.at("repo/.git/refs/heads/nightly-dispatch"), { recursive: true })
      fs.writeFileSync(lock, "")
      const run = await stage.run(machine, {}, [3])
      stage.expect("the run does not name the lock", linesWith(run, "bd-1", "DISPATCH_FAILURE", lock).length === 1)
      await stage.expectSoon("the other bugs have no job", () => machine.running().toSorted().join() === "bd-2,bd-3")
      stage.expect("the lock was removed", fs.existsSync(lock))
      stage.expect("a claim is held without a job", !machine.claimed().includes("bd-1"))
      fs.rmSync(lock)
      await stage.settled(machine, ["bd-2", "bd-3"])
    }
  },
  {
    world: WORLD,
    rule: "a branch named nightly-dispatch: nothing is claimed, in a dry run too, until it is renamed",
    play: async (stage) => {
      const machine = stage.machine({ runner: "local" })
      machine.git("branch", "nightly-dispatch")
      for (const args of [["run", "--dry-run"], ["run"]]) {
        const run = await stage.run(machine, { args }, [5])
        stage.expect("the run does not say what to do", linesWith(run, "git branch -m nightly-dispatch").length > 0)
        stage.expect("a bug is claimed", machine.claimed().length === 0)
      }
      machine.git("branch", "-m", "nightly-dispatch", "renamed")
      await stage.run(machine)
      await stage.settled(machine, ["bd-1"])
    }
  }
]
