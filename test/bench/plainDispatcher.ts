import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"

/** Runs a tool and waits for it. Not `spawnSync`: this process answers the calls of the fake bd. */
type Run = (tool: string, ...args: ReadonlyArray<string>) => Promise<void>

export const PROMPT = "Mend the bug.\n"

interface Work {
  readonly bugs: ReadonlyArray<string>
  readonly repo: string
  readonly root: string
  /** So many bugs at a time. */
  readonly lanes: number
}

/** A dispatcher that makes the calls of the ideal schedule and nothing else: no other call, no journal, no rollback. */
export const plainDispatcher = async (run: Run, { bugs, lanes, repo, root }: Work) => {
  const base = spawnSync("git", ["-C", repo, "rev-parse", "HEAD"], { encoding: "utf8" }).stdout.trim()
  await run("bd", "list", "--status", "open", "--limit", "0", "--json")
  for (const provider of ["opencode", "cc-glm"]) await run("dx-runner", "preflight", "--provider", provider)
  const dispatch = async (bug: string) => {
    const [worktree, prompt] = [path.join(root, bug, "repo"), path.join(root, `${bug}.prompt`)]
    await run("bd", "show", bug, "--json")
    await run("bd", "--actor", "plain", "update", bug, "--claim", "--json")
    await run("bd", "show", bug, "--json")
    await run("git", "-C", repo, "worktree", "add", "--quiet", "-B", `plain/${bug}`, worktree, base)
    fs.writeFileSync(prompt, PROMPT)
    await run("bd", "show", bug, "--json")
    const job = ["--beads", bug, "--provider", "cc-glm", "--prompt-file", prompt]
    await run("dx-runner", "start", ...job, "--worktree", worktree, "--repo", "repo")
    await run("dx-runner", "report", "--beads", bug, "--format", "json")
    await run("bd", "show", bug, "--json")
  }
  const left = [...bugs]
  const lane = async () => {
    for (let bug = left.shift(); bug !== undefined; bug = left.shift()) await dispatch(bug)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
