import { createClient } from "@libsql/client/sqlite3"
import * as fs from "node:fs"
import { pathToFileURL } from "node:url"
import { holderOf, type Stage, type World } from "../../judge/stage.ts"
import { openAttempts } from "../../judge/journals.ts"
import { WAITS } from "../../machine/agents.ts"
import { trackerFile } from "../../machine/toolLogs.ts"
import { until, type WorldMachine } from "../../machine/WorldMachine.ts"

/** Longer than everything is kept. */
const OLD = Date.now() - 401 * 86_400_000

const query = async (machine: WorldMachine, sql: string): Promise<number> => {
  const client = createClient({ url: pathToFileURL(machine.at("state/journal.db")).href })
  try {
    return (await client.execute(sql)).rows.length
  } finally {
    client.close()
  }
}

/** bd-1 is closed, and all that it left is old. */
const closeAndAge = async (machine: WorldMachine): Promise<void> => {
  const state = JSON.parse(fs.readFileSync(trackerFile(machine.root), "utf8"))
  Object.assign(state.issues["bd-1"], { status: "closed", closed_at: "2026-01-01T00:00:00Z" })
  fs.writeFileSync(trackerFile(machine.root), JSON.stringify(state))
  const set = `json_set(attempt, '$.createdAt', ${OLD}, '$.updatedAt', ${OLD})`
  await query(machine, `UPDATE attempts SET began = ${OLD}, changed = ${OLD}, attempt = ${set} WHERE beads = 'bd-1'`)
  const jobs = machine.at("state/jobs/bd-1")
  for (const name of fs.readdirSync(jobs, { encoding: "utf8", recursive: true })) {
    fs.utimesSync(`${jobs}/${name}`, OLD / 1000, OLD / 1000)
  }
}

const killed = (rule: string, at: string, when: "before" | "after"): World => ({
  world: "kill -9 in the middle of a prune",
  rule: `${rule}: the open attempt is as before, and the next prune removes the rest`,
  play: async (stage: Stage) => {
    const machine = stage.machine({ runner: "local", bugs: ["bd-1", "bd-2"] })
    machine.agentsDo(`[ "$id" = bd-1 ] && exit 0\n${WAITS}`)
    await stage.run(machine)
    await until(() => machine.running().join() === "bd-2")
    await stage.run(machine, { args: ["settle"] })
    await closeAndAge(machine)
    const [holder, open] = [holderOf(machine, "bd-2"), JSON.stringify(await openAttempts(machine.root))]
    await stage.run(machine, { args: ["prune"], injection: { at, when, act: "kill" } }, [null])
    stage.expect("the open attempt has changed", JSON.stringify(await openAttempts(machine.root)) === open)
    await stage.run(machine, { args: ["settle"] })
    await stage.run(machine, { args: ["prune"] })
    const jobs = machine.at("state/jobs/bd-1")
    stage.expect("bd-1's job is left", !fs.existsSync(jobs) || fs.readdirSync(jobs).length === 0)
    stage.expect("bd-1's attempt is left", (await query(machine, "SELECT 1 FROM attempts WHERE beads = 'bd-1'")) === 0)
    stage.expect("bd-2's job is gone", fs.existsSync(machine.at("state/jobs/bd-2/current")))
    stage.expect("bd-2's claim has changed", holderOf(machine, "bd-2") === holder)
    stage.expect("the open attempt has changed", JSON.stringify(await openAttempts(machine.root)) === open)
    await stage.settled(machine, ["bd-2"])
  }
})

export const pruneWorlds: ReadonlyArray<World> = [
  killed("before a job's files go", "remove:/bd-1/current", "before"),
  killed("when the newest job is no longer named", "remove:/bd-1/current", "after"),
  killed("when a job's files are gone", "remove:-opencode", "after"),
  killed("before the journal has it", "journal:prune", "before"),
  killed("when the journal has it", "journal:prune", "after")
]
