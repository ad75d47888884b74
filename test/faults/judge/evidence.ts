import * as fs from "node:fs"
import * as path from "node:path"
import type { Machine } from "../machine/Machine.ts"
import { runnerEvents, trackerEvents, trackerIssues } from "../machine/toolLogs.ts"
import type { RunnerEvent, TrackerEvent, TrackerIssue } from "../machine/toolLogs.ts"
import { openAttempts, type OpenAttempt } from "./journals.ts"

/** What a machine is judged by. */
export interface Evidence {
  readonly events: ReadonlyArray<RunnerEvent>
  /** The bugs with a live agent. A bug with two live agents is there twice. */
  readonly running: ReadonlyArray<string>
  /** The bugs whose worktree held work before the fault. */
  readonly kept: ReadonlyArray<string>
  readonly issues: ReadonlyArray<TrackerIssue>
  readonly changes: ReadonlyArray<TrackerEvent>
  /** Prompt files, with the modes of their directories and their own in octal digits. */
  readonly prompts: ReadonlyArray<{ readonly file: string; readonly modes: string }>
  /** The names of jobs' directories of temporary files that no later start will remove. */
  readonly temporary: ReadonlyArray<string>
  readonly worktrees: ReadonlyArray<{ readonly id: string; readonly work: boolean }>
  readonly attempts: ReadonlyArray<OpenAttempt>
}

const modeOf = (file: string): string => (fs.statSync(file).mode & 0o777).toString(8)

/** The prompt files below a directory. */
export const promptsBelow = (directory: string): Evidence["prompts"] =>
  fs
    .readdirSync(directory, { recursive: true })
    .map((name) => path.join(directory, String(name)))
    .filter((file) => file.endsWith(".prompt"))
    .map((file) => ({ file, modes: `${modeOf(path.dirname(file))} ${modeOf(file)}` }))

/** The agents of some scenarios leave a file in their worktree as work. */
export const worktreesBelow = (directory: string): Evidence["worktrees"] =>
  fs.existsSync(directory)
    ? fs.readdirSync(directory).map((id) => ({ id, work: fs.existsSync(path.join(directory, id, "repo", "work.txt")) }))
    : []

const temporaryIn = (directory: string): Evidence["temporary"] =>
  fs
    .readdirSync(directory)
    .filter((name) => name.startsWith("nightly-dispatch-job-") && !fs.existsSync(path.join(directory, name, "ended")))

export const gather = async (machine: Machine, kept: Evidence["kept"]): Promise<Evidence> => ({
  kept,
  events: runnerEvents(machine.root),
  running: machine.running(),
  issues: trackerIssues(machine.root),
  changes: trackerEvents(machine.root),
  prompts: promptsBelow(machine.at("tmp")),
  temporary: temporaryIn(machine.at("tmp")),
  worktrees: worktreesBelow(machine.at("tmp/agents")),
  attempts: await openAttempts(machine.root)
})
