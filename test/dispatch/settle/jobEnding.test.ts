import { assert, describe, it } from "@effect/vitest"
import { endingOfJob, withEndOfLog } from "../../../src/dispatch/settle/jobEnding.ts"
import type { Job } from "../../../src/domain/Job.ts"
import { job } from "./verdictCases.ts"

const inWords = (job: Job): ReadonlyArray<string> => {
  const { ending, withoutWork } = endingOfJob(job)
  return [ending, withoutWork].map(({ blame, end }) => `${end} ${blame ?? "-"}`)
}

const AN_HOUR = { startedAt: 0, endedAt: 3_600_000 }
const LOGIN = { kind: "login", next: "run `opencode auth login`" } as const
const SECONDS = { startedAt: 0, endedAt: 19_999 }

describe("how an attempt ended whose job is over, with work and without", () => {
  for (const [what, of, expected] of [
    ["ended well", job("succeeded", AN_HOUR), ["succeeded -", "no_op issue"]],
    ["ended well after seconds", job("succeeded", SECONDS), ["succeeded -", "no_op provider"]],
    ["ended well and was refused", job("succeeded", { fault: "provider" }), ["succeeded -", "failed provider"]],
    ["changed nothing", job("no_op", AN_HOUR), ["no_op issue", "no_op issue"]],
    ["changed nothing and was refused", job("no_op", { fault: "provider" }), ["failed provider", "failed provider"]],
    ["failed", job("failed", AN_HOUR), ["failed issue", "failed issue"]],
    ["failed after seconds", job("failed", SECONDS), ["failed issue", "failed provider"]],
    ["failed after 20 seconds", job("failed", { startedAt: 0, endedAt: 20_000 }), ["failed issue", "failed issue"]],
    [
      "failed when the clock was set back",
      job("failed", { startedAt: 9_000, endedAt: 1 }),
      ["failed issue", "failed issue"]
    ],
    ["failed, and its times are unknown", job("failed"), ["failed issue", "failed issue"]],
    ["failed by a full disk", job("failed", { ...SECONDS, fault: "host" }), ["failed host", "failed host"]],
    ["needs a login", job("failed", { ...SECONDS, needs: LOGIN }), ["needs_human -", "needs_human -"]],
    ["ended well and needs a login", job("succeeded", { needs: LOGIN }), ["succeeded -", "needs_human -"]],
    ["was stopped", job("stopped", SECONDS), ["stopped runner", "stopped runner"]],
    ["is gone", job("gone", SECONDS), ["lost runner", "lost runner"]]
  ] as const) {
    it(`${what}: ${expected.join(" / ")}`, () => assert.deepStrictEqual(inWords(of), expected))
  }

  it("is told with the job's own words, in one line", () => {
    const words = `no credit\n${"x".repeat(1000)}`
    const { ending, withoutWork } = endingOfJob(job("failed", { exitCode: 1, reason: "quota", words }))
    assert.match(ending.detail, /^the job failed \(opencode, exit 1, quota\): no credit x+…$/)
    assert.isBelow(ending.detail.length, 400)
    assert.strictEqual(ending.detail, withoutWork.detail)
    const once = endingOfJob(job("failed", { exitCode: 3, reason: "exit code 3" })).ending.detail
    assert.strictEqual(once, "the job failed (opencode, exit 3)")
    const well = endingOfJob(job("succeeded", { exitCode: 0, words: "There is nothing to fix." }))
    assert.notInclude(well.ending.detail, "nothing to fix")
    assert.include(well.withoutWork.detail, "There is nothing to fix.")
  })

  it("a job that was stopped keeps what it used until then", () => {
    const usage = { inputTokens: 1000, outputTokens: 10 }
    const stalled = { end: "stalled", blame: "issue", detail: "it was ended" } as const
    assert.deepStrictEqual(withEndOfLog(stalled, job("stopped", { usage })), { ...stalled, usage })
  })

  it("a job that ran too long and waited for a person is not the bug's fault", () => {
    const stalled = { end: "stalled", blame: "issue", detail: "the job ran for more than 2h and was ended" } as const
    const needs = { kind: "permission", next: "start it so that it does not ask" } as const
    const asked = job("stopped", { words: "Proceed? [y/N]", needs })
    assert.deepStrictEqual(withEndOfLog({ ...stalled, durationMs: 7 }, asked), {
      end: "needs_human",
      needs,
      detail: "the job ran for more than 2h and was ended: Proceed? [y/N]",
      durationMs: 7
    })
    assert.deepStrictEqual(withEndOfLog(stalled, job("stopped")), stalled)
  })
})
