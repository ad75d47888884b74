import { Effect } from "effect"
import { ACTOR_PREFIX } from "../../../src/domain/Actor.ts"
import { isLive } from "../../../src/domain/Job.ts"
import { FakeBeadsState, FakePromptsState, FakeRunnerState, type FakeJournalState } from "../../../src/testing/index.ts"

/** What breaks the rules on the services that all hosts share. Every bug of `bugs` must have a job. */
export const sharedViolations = (bugs: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const [beads, runner, prompts] = yield* Effect.all([FakeBeadsState, FakeRunnerState, FakePromptsState])
    const found: Array<string> = []
    const jobs = new Set((yield* runner.jobs).filter(isLive).map(({ beads }) => String(beads)))
    for (const { assignee = "", id } of yield* beads.issues) {
      const ours = assignee.startsWith(ACTOR_PREFIX)
      if (ours && !jobs.has(id)) found.push(`${id} is claimed by ${assignee} without a job`)
      if (!ours && jobs.has(id)) found.push(`${id} has a job and no claim`)
    }
    for (const id of bugs) if (!jobs.has(id)) found.push(`${id} has no job`)
    const files = yield* prompts.files
    for (const [at, { file }] of files.entries()) {
      const first = files.findIndex((other) => other.file.beads === file.beads)
      if (!jobs.has(file.beads) || first < at) found.push(`prompt file of ${file.beads} without a job`)
    }
    return found
  })

/** The attempts that a host left open without a job. */
export const leftOpen = (host: { readonly name: string; readonly state: FakeJournalState["Type"] }) =>
  Effect.map(host.state.attempts, (attempts) =>
    attempts.flatMap(({ beads, phase }) =>
      phase === "settled" || phase === "acknowledged" ? [] : [`${host.name}: attempt at ${beads} left ${phase}`]
    )
  )
