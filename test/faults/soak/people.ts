import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { trackerFile, trackerIssues } from "../machine/toolLogs.ts"
import { kill, textOf, type WorldMachine } from "../machine/WorldMachine.ts"
import type { Choices } from "./random.ts"

/** A person accepts the work of a bug: closes the bug, and removes worktree and branch. */
const accept = (machine: WorldMachine, id: string): void => {
  const state = JSON.parse(fs.readFileSync(trackerFile(machine.root), "utf8"))
  Object.assign(state.issues[id], { status: "closed", closed_at: new Date().toISOString() })
  fs.writeFileSync(trackerFile(machine.root), JSON.stringify(state))
  const git = (...args: ReadonlyArray<string>) =>
    spawnSync("git", args, { cwd: machine.at("repo"), env: machine.env, encoding: "utf8" })
  const [worktree] = fs.existsSync(machine.at(`tmp/agents/${id}`)) ? fs.readdirSync(machine.at(`tmp/agents/${id}`)) : []
  if (worktree !== undefined) git("worktree", "remove", "--force", machine.at(`tmp/agents/${id}/${worktree}`))
  fs.rmSync(machine.at(`tmp/agents/${id}`), { recursive: true, force: true })
  for (const branch of git("branch", "--list", `*${id}`, "--format=%(refname:short)").stdout.split("\n")) {
    if (branch !== "") git("branch", "-D", branch)
  }
}

/** The marks of the state directories that are still used. */
const marksOf = (machine: WorldMachine): ReadonlyArray<string> =>
  ["state", "statf"].map((name) => textOf(machine.at(`${name}/identity.json`)))

/**
 * A person ends what the agents of a copied state directory left at work. Its own dispatcher never comes back, and the others
 * leave its jobs alone: every run names them.
 */
export const endLeftByCopies = (machine: WorldMachine): void => {
  const ours = marksOf(machine)
  const busy = new Set(machine.running())
  for (const { assignee, id } of trackerIssues(machine.root)) {
    const mark = assignee.split("/")[1] ?? ""
    if (busy.has(id) || mark === "" || ours.some((text) => text.includes(mark))) continue
    for (const { pid } of machine.inWorktree(id)) kill(pid)
  }
}

/** People come by: they accept work, and close bugs that nobody works on. */
export const peopleWork = (machine: WorldMachine, choices: Choices): void => {
  const busy = new Set(machine.running())
  for (const { assignee, id, status } of trackerIssues(machine.root)) {
    if (status !== "open" || assignee !== "" || busy.has(id)) continue
    if (choices.chance(0.25)) accept(machine, id)
  }
}
