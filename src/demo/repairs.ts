import * as FileSystem from "@effect/platform/FileSystem"
import { Effect } from "effect"
import type { BeadsId } from "../domain/Ids.ts"
import type { Job } from "../domain/Job.ts"
import type { Dispatched } from "../domain/Outcome.ts"
import { oneLine } from "../domain/Text.ts"
import { Exec } from "../exec/Exec.ts"
import { ThisProcess } from "../surroundings.ts"
import { because, DemoFailed } from "./failures.ts"
import { BUGS, type DemoBug } from "./issues.ts"
import { awaitJob } from "./jobs.ts"
import { git, type Scratch } from "./scratch.ts"

/** One bug after its agent has ended. Git, tests and the process table are asked: the agent's word is not trusted. */
export interface Repair {
  readonly id: BeadsId
  readonly provider: string
  readonly branch: string
  readonly commit: string
  /** Whether the bug's test passes on the branch. It fails on `main`: `reproduce` checks that. */
  readonly passes: boolean
  /** Whether the agent's process has ended. */
  readonly gone: boolean
  /** Milliseconds that the agent worked. */
  readonly took: number
  /** Every difference from the expected end. */
  readonly problems: ReadonlyArray<string>
}

const runNode = Effect.fn("demo.runNode")(function* (cwd: string, ...args: ReadonlyArray<string>) {
  const [exec, { node }] = yield* Effect.all([Exec, ThisProcess])
  return yield* exec
    .run({ tool: "agent", command: node, args, cwd, timeout: "10 seconds" })
    .pipe(Effect.mapError(because(`node ${args.join(" ")}`)))
})

/** Checks that the bugs exist: the tests must fail with the symptom of each bug. */
export const reproduce = Effect.fn("demo.reproduce")(function* (scratch: Scratch) {
  const { exitCode, stdout } = yield* runNode(scratch.repo, "--test")
  const unseen = BUGS.find((bug) => !stdout.includes(bug.symptom))
  if (exitCode === 0 || unseen !== undefined) {
    return yield* new DemoFailed({ detail: `the tests on main do not show ${unseen?.id ?? "any bug"}` })
  }
})

/** How an agent failed, with the last line of its log, because `--clean` removes the log. */
const lastWords = Effect.fn("demo.lastWords")(function* ({ log, phase, reason }: Job) {
  const fs = yield* FileSystem.FileSystem
  const text = log === undefined ? "" : yield* Effect.orElseSucceed(fs.readFileString(log), () => "")
  const last = text.trimEnd().split("\n").at(-1) ?? ""
  return `the agent has ${phase} (${reason ?? "it did not say why"}): ${oneLine(last)}`
})

/** Waits for the bug's agent, and looks at its work. */
export const inspect = Effect.fn("demo.inspect")(function* (scratch: Scratch, bug: DemoBug, dispatched: Dispatched) {
  const { branch, provider, worktree } = dispatched
  if (branch === undefined || worktree === undefined) {
    return yield* new DemoFailed({ detail: `${bug.id} has no worktree of its own` })
  }
  const { gone, job, took } = yield* awaitJob(dispatched)
  const passes = (yield* runNode(worktree, bug.test)).exitCode === 0
  const log = yield* git(scratch.repo, "log", "--format=%h %s", `main..${branch}`)
  const commits = log.split("\n").filter((line) => line !== "")
  const uncommitted = yield* git(worktree, "status", "--porcelain")
  const problems = [
    ...(job.phase === "succeeded" ? [] : [yield* lastWords(job)]),
    ...(gone ? [] : [`process ${dispatched.pid} still runs`]),
    ...(passes ? [] : [`${bug.test} does not pass on ${branch}`]),
    ...(commits.length === 1 && log.includes(` ${bug.id}: `) ? [] : [`${branch} has no one commit that names it`]),
    ...(uncommitted === "" ? [] : [`${worktree} holds changes that are not committed`])
  ]
  const commit = commits[0]?.split(" ")[0] ?? "none"
  return { id: bug.id, provider, branch, commit, passes, gone, took, problems } satisfies Repair
})
