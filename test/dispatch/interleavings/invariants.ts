import { Effect } from "effect"
import { isLive } from "../../../src/domain/Job.ts"
import type { Outcome } from "../../../src/domain/Outcome.ts"
import type { RunReport } from "../../../src/domain/RunReport.ts"
import { FakeBeadsState, FakeJournalState, FakePromptsState, FakeRunnerState } from "../../../src/testing/index.ts"
import { failureOf, type Disturbance } from "./disturbances.ts"
import { OURS, type Stage } from "./stage.ts"

/** Contradictions between a report's counts, exit code and outcomes. */
export const contradictionsIn = (report: RunReport): ReadonlyArray<string> => {
  const { chosen, ended, error, exit, outcomes } = report
  const found: Array<string> = []
  const names = outcomes.map(({ beads }) => beads)
  const count = (tag: Outcome["_tag"]) => outcomes.filter(({ _tag }) => _tag === tag).length
  if (new Set(names).size !== names.length) found.push(`a bug has two outcomes: ${names.join(" ")}`)
  if (outcomes.length !== report.fetched)
    found.push(`${report.fetched} bugs were read, ${outcomes.length} have an outcome`)
  if (
    report.dispatched !== count("Dispatched") ||
    report.failed !== count("Failed") ||
    report.skipped !== count("Skipped")
  )
    found.push("the report counts its outcomes wrongly")
  const tried = count("Dispatched") + count("Failed")
  if (tried > chosen) found.push(`${chosen} were chosen, ${tried} were tried`)
  const failures = outcomes.filter((outcome) => outcome._tag === "Failed")
  const expected =
    failures.length === 0
      ? 0
      : count("Dispatched") === 0 && failures.every(({ code }) => code === "provider_unavailable")
        ? 1
        : 3
  // Whose fault an end is, and what follows, is tested in `domain/exitCode.test.ts`.
  const byJobs = ended.some(({ end }) => end !== "succeeded") && exit === 3
  if (error === undefined ? exit !== expected && !byJobs : ![4, 5, 6].includes(exit))
    found.push(`exit ${exit} (${error ?? "no error"}), and the outcomes say ${expected}`)
  return found
}

/** Claims, prompt files and open attempts without a job, and jobs without a claim or prompt file. */
export const leftoversAfter = (stage: Stage, when: string) =>
  Effect.gen(function* () {
    const [beads, jobs, prompts, journal] = yield* Effect.all([
      FakeBeadsState,
      FakeRunnerState,
      FakePromptsState,
      FakeJournalState
    ])
    const live = (yield* jobs.jobs).filter(isLive)
    const bugsWithJob = new Set(live.map((job) => String(job.beads)))
    const issues = yield* beads.issues
    const found: Array<string> = []
    for (const [id, error] of stage.startsWithError) if (error === "start and job failed") bugsWithJob.delete(id)
    for (const { assignee = "", id, status } of issues) {
      const ours = assignee.startsWith(OURS)
      if (ours && status === "in_progress" && !bugsWithJob.has(id))
        found.push(`${id} is claimed by ${assignee} without a job`)
      // On a closed bug no other actor works.
      if (!ours && status !== "closed" && bugsWithJob.has(id))
        found.push(`${id} has a job but no claim of ours (${assignee})`)
    }
    const heldByOthers = new Set(
      issues.flatMap(({ assignee, id }) => (assignee === undefined || assignee.startsWith(OURS) ? [] : [String(id)]))
    )
    const all = yield* prompts.files
    // A prompt that no run handed over may be the other actor's. The real store removes it after an hour.
    const files = all.flatMap(({ file, kept }) => (kept || !heldByOthers.has(file.beads) ? [file] : []))
    for (const [at, { beads: id }] of files.entries())
      if (!bugsWithJob.has(id) || files.findIndex(({ beads }) => beads === id) < at)
        found.push(`a prompt file of ${id} is left without a job`)
    const kept = new Set(all.map(({ file }) => file.path))
    for (const { beads: id, promptFile = "" } of live)
      if (bugsWithJob.has(id) && !kept.has(promptFile)) found.push(`the job of ${id} has no prompt file`)
    for (const { actor, beads: id, phase } of yield* journal.attempts)
      if (phase !== "settled" && !bugsWithJob.has(id)) found.push(`the attempt at ${id} by ${actor} is left ${phase}`)
    return found.map((text) => `${when}: ${text}`)
  })

/** After such a disturbance the run cannot know whether a job was started or a claim released, so it may keep the claim. */
const leavesDoubt = (disturbance: Disturbance): boolean =>
  disturbance.call === "BeadsCli.release" ||
  disturbance.call === "DxRunner.job" ||
  (disturbance.call === "DxRunner.start" &&
    disturbance.does === "fails" &&
    failureOf(disturbance)?._tag === "AckTimedOut")

/** Claims that a run must not leave, unless it was killed: without an open attempt, or without any job or doubt about one. */
export const claimsLeftBy = (stage: Stage) =>
  Effect.gen(function* () {
    const [beads, jobs, journal] = yield* Effect.all([FakeBeadsState, FakeRunnerState, FakeJournalState])
    const bugsWithAnyJob = new Set((yield* jobs.jobs).map((job) => String(job.beads)))
    const open = new Set(
      (yield* journal.attempts).filter(({ phase }) => phase !== "settled").map(({ actor }) => String(actor))
    )
    const doubtful = new Set(stage.happened.flatMap(([disturbance, id]) => (leavesDoubt(disturbance) ? [id] : [])))
    const found: Array<string> = []
    for (const { assignee = "", id, status } of yield* beads.issues) {
      if (!assignee.startsWith(OURS) || status !== "in_progress") continue
      if (!open.has(assignee)) found.push(`at its end: the claim of ${id} by ${assignee} has no open attempt`)
      if (!bugsWithAnyJob.has(id) && !doubtful.has(id))
        found.push(`at its end: the claim of ${id} was kept although no job was started`)
    }
    return found
  })

/** Calls of one dispatch: a defect in such a call fails that bug only, and the run still gives a report. */
const CALLS_OF_ONE_BUG = new Set([
  "BeadsCli.claim",
  "Workspaces.acquire",
  "PromptStore.write",
  "DxRunner.start",
  "Journal.intend"
])

/** Whether this run must give a report: nothing interrupts or hangs it, and only dispatches die. */
export const mustReport = ({ happened, plan }: Stage): boolean =>
  plan.end === "by itself" &&
  happened.every(
    ([{ call, does }]) =>
      does !== "is interrupted" && does !== "hangs" && (does !== "dies" || CALLS_OF_ONE_BUG.has(call))
  )
