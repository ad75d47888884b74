import { assert, describe, it } from "@effect/vitest"
import { widthOf } from "../../../src/report/text/display.ts"
import { renderRun } from "../../../src/cli/rendering/run.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { BeadsId, RunId } from "../../../src/domain/Ids.ts"
import type { JobEnd } from "../../../src/domain/JobEnd.ts"
import { Skipped } from "../../../src/domain/Outcome.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { RunReport } from "../../../src/domain/RunReport.ts"

const run = RunId.make("20261122T030000Z-4f2a91c7d0")

const ended = (id: string, changes: Partial<JobEnd>): JobEnd => ({
  actor: Actor.make(`nightly-dispatch/vm-1/${run}/1`),
  beads: BeadsId.make(id),
  provider: ProviderName.make("opencode"),
  end: "succeeded",
  detail: `the job ended well (opencode, exit 0); commits in /tmp/agents/${id}/app (branch nightly-dispatch/${id})`,
  durationMs: 1_203_400,
  ...changes
})

const report = (changes: Partial<ConstructorParameters<typeof RunReport>[0]>) =>
  RunReport.make({
    run,
    startedAt: "2026-11-22T03:00:00.000Z",
    dryRun: false,
    backends: { beads: "bd 1.3.0", runner: "local processes", workspace: "git worktree" },
    fetched: 1,
    chosen: 0,
    dispatched: 0,
    failed: 0,
    skipped: 1,
    settled: 2,
    exit: 3,
    durationMs: 17,
    providers: [],
    outcomes: [new Skipped({ beads: "bd-3", reason: "blocked", detail: "waits for bd-1" })],
    ended: [
      ended("bd-1", {}),
      ended("bd-2", {
        end: "failed",
        blame: "provider",
        detail: "the job failed (opencode, exit 1): 429 Too Many Requests",
        log: "/home/me/.local/state/nightly-dispatch/jobs/bd-2/run-1/log",
        durationMs: 4_000
      })
    ],
    ...changes
  })

describe("the report of a run", () => {
  it("ends with the jobs that ended since the last run, on one line each where there is room", () => {
    assert.deepStrictEqual(renderRun(report({}), 200).split("\n").slice(3), [
      "bug   outcome           provider  detail",
      "bd-3  skipped: blocked  -         waits for bd-1",
      "",
      "ended since the last run",
      "bug   end        provider  ran     detail",
      "bd-1  succeeded  opencode  20m 3s  the job ended well (opencode, exit 0); commits in /tmp/agents/bd-1/app (branch nightly-dispatch/bd-1)",
      "bd-2  failed     opencode  4s      the job failed (opencode, exit 1): 429 Too Many Requests; log: /home/me/.local/state/nightly-dispatch/jobs/bd-2/run-1/log"
    ])
  })

  it("says that a job ran for less than a second", () => {
    assert.include(renderRun(report({ ended: [ended("bd-1", { durationMs: 111 })] })), " opencode  <1s  ")
  })

  it("fits into 80 columns, with the details below one another", () => {
    const lines = renderRun(report({}), 80).split("\n")
    for (const line of lines) assert.isAtMost(widthOf(line), 80)
    assert.deepStrictEqual(lines.slice(7), [
      "bug   end        provider  ran     detail",
      "bd-1  succeeded  opencode  20m 3s  the job ended well (opencode, exit 0);",
      "                                   commits in /tmp/agents/bd-1/app (branch",
      "                                   nightly-dispatch/bd-1)",
      "bd-2  failed     opencode  4s      the job failed (opencode, exit 1): 429 Too",
      "                                   Many Requests; log:",
      "                                   /home/me/.local/state/nightly-dispatch/jobs/b",
      "                                   d-2/run-1/log"
    ])
  })

  it("has no such block if no job ended, and has it below an error too", () => {
    assert.notInclude(renderRun(report({ ended: [] })), "ended since")
    assert.match(
      renderRun(report({ error: "tracker: locked" })),
      /^run \S+: tracker: locked\n\nended since the last run\n/
    )
  })
})
