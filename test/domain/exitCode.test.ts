import { assert, describe, it } from "@effect/vitest"
import { EXIT, exitOf, noProviderIn, problemIn } from "../../src/domain/exitCode.ts"
import { Actor } from "../../src/domain/Actor.ts"
import type { AttemptEnd } from "../../src/domain/Attempt.ts"
import type { DispatchFailureCode } from "../../src/domain/Blame.ts"
import { ProviderUnavailable } from "../../src/domain/Failure.ts"
import { BeadsId } from "../../src/domain/Ids.ts"
import type { JobEnd } from "../../src/domain/JobEnd.ts"
import { Dispatched, Failed, Skipped, type Outcome } from "../../src/domain/Outcome.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import { RoomLacking, RunLocked } from "../../src/domain/RunEnd.ts"

const beads = BeadsId.make("bd-1")
const provider = ProviderName.make("opencode")
const failed = (code: DispatchFailureCode) =>
  new Failed({ beads, code, blame: "provider", error: "no", durationMs: 1, passedOver: [] })
const dispatched = new Dispatched({ beads, provider, durationMs: 1, how: "started", passedOver: [] })
const skipped = new Skipped({ beads, reason: "blocked", detail: "" })

/** `bd-1 failed issue`: the bug, its job's end, and the blame if there is one. */
const job = (words: string): JobEnd => {
  const [id = "", end = "", blame] = words.split(" ")
  const actor = Actor.make(`nightly-dispatch/vm-1/20261122T030000Z-4f2a91c7d0/${id.slice(3)}`)
  return {
    actor,
    beads: BeadsId.make(id),
    provider,
    end: end as AttemptEnd,
    blame: blame as JobEnd["blame"],
    detail: "",
    durationMs: 1
  }
}

/** The exit code of a run that could read its tracker. */
const exitAfter = (
  outcomes: ReadonlyArray<Outcome>,
  ended: ReadonlyArray<JobEnd>,
  before: ReadonlyArray<JobEnd>
): number => {
  const error = noProviderIn(outcomes)
  const end = error === undefined ? ({ _tag: "done" } as const) : ({ _tag: "no_provider", error } as const)
  return exitOf({ end, problem: problemIn(outcomes, ended, before) })
}

describe("the exit code", () => {
  it("is 0 if nothing failed, 1 if every failure is `provider_unavailable` and nothing was dispatched, else 3", () => {
    assert.strictEqual(exitAfter([], [], []), 0)
    assert.strictEqual(exitAfter([dispatched, skipped], [], []), 0)
    assert.strictEqual(exitAfter([failed("provider_unavailable"), skipped], [], []), 1)
    assert.strictEqual(exitAfter([failed("provider_unavailable"), dispatched], [], []), 3)
    assert.strictEqual(exitAfter([failed("provider_unavailable"), failed("timeout")], [], []), 3)
    assert.strictEqual(exitAfter([failed("claim_failed"), dispatched], [], []), 3)
  })

  const cases: ReadonlyArray<[what: string, ended: string, before: string, exit: 0 | 3]> = [
    ["no job ended, however bad the last ones were", "", "bd-1 lost host, bd-2 failed issue, bd-3 failed issue", 0],
    ["a job succeeded", "bd-1 succeeded", "", 0],
    ["one agent could not solve one bug", "bd-1 failed issue", "", 0],
    ["one agent could not, and nothing tells why", "bd-1 failed undecided", "", 0],
    ["one agent changed nothing", "bd-1 no_op issue", "", 0],
    ["one job ran too long", "bd-1 stalled issue", "", 0],
    ["one of two bugs was not solved", "bd-1 failed issue, bd-2 succeeded", "", 0],
    ["the provider is to blame", "bd-1 failed provider, bd-2 succeeded", "", 3],
    ["the runner lost a job", "bd-1 lost runner", "", 3],
    ["the host is to blame", "bd-1 lost host", "", 3],
    ["another actor got the claim", "bd-1 claim_lost tracker", "", 3],
    ["a setting is to blame", "bd-1 failed config", "", 3],
    ["a failure without a known blame", "bd-1 failed", "", 3],
    ["all of two failed", "bd-1 failed issue, bd-2 no_op issue", "", 3],
    ["all of two attempts at one bug failed", "bd-1 failed issue, bd-1 failed issue", "", 3],
    ["the last three of two bugs failed", "bd-1 failed issue", "bd-2 failed issue, bd-1 failed issue", 3],
    ["the last three of one bug failed", "bd-1 failed issue", "bd-1 failed issue, bd-1 failed issue", 0],
    ["only two ever ended", "bd-1 failed issue", "bd-2 failed issue", 0],
    ["a success is among the last three", "bd-1 failed issue", "bd-2 succeeded, bd-3 failed issue", 0],
    ["a success before the last three", "bd-1 failed issue", "bd-2 succeeded, bd-3 failed issue, bd-4 failed issue", 3],
    ["it succeeded after failures", "bd-1 succeeded", "bd-2 failed issue, bd-3 failed issue", 0],
    ["a person stopped the job", "bd-1 stopped runner", "", 0],
    ["a stopped job beside one that failed", "bd-1 stopped runner, bd-2 failed issue", "", 0],
    ["a stopped job between failures", "bd-1 failed issue", "bd-2 failed issue, bd-3 stopped runner", 0],
    [
      "a stopped job after failures",
      "bd-1 stopped runner",
      "bd-2 failed issue, bd-3 failed issue, bd-4 failed issue",
      0
    ]
  ]
  const jobs = (list: string) => (list === "" ? [] : list.split(", ").map(job))
  for (const [what, ended, before, exit] of cases) {
    it(`is ${exit} if ${what}`, () => assert.strictEqual(exitAfter([dispatched], jobs(ended), jobs(before)), exit))
  }

  it("is 3 rather than 1 if no provider works and a job failed through the host", () => {
    assert.strictEqual(exitAfter([failed("provider_unavailable")], jobs("bd-1 lost host"), []), EXIT.failed)
  })

  it("is the larger one of how the run ended and of what else was wrong", () => {
    const error = new ProviderUnavailable({ attempts: [] })
    assert.strictEqual(exitOf({ end: { _tag: "done" }, problem: "unread" }), EXIT.tracker)
    assert.strictEqual(exitOf({ end: { _tag: "no_provider", error }, problem: "unread" }), EXIT.tracker)
    const lacking = new RoomLacking({ detail: "/srv is full" })
    assert.strictEqual(exitOf({ end: { _tag: "state", error: lacking }, problem: "failed" }), EXIT.state)
    assert.strictEqual(exitOf({ end: { _tag: "locked", error: new RunLocked({ holder: "pid 1" }) } }), EXIT.ok)
  })

  it("names each provider that was asked once, when none takes any bug", () => {
    const tried = (name: string, code: DispatchFailureCode = "preflight_failed") => ({
      provider: ProviderName.make(name),
      code,
      reason: "no",
      capacity: false,
      durationMs: 1
    })
    const bug = (...passedOver: ReadonlyArray<ReturnType<typeof tried>>) =>
      new Failed({ ...failed("provider_unavailable"), passedOver })
    const error = noProviderIn([bug(tried("opencode")), bug(tried("opencode"), tried("gemini")), skipped])
    assert.deepStrictEqual(
      error?.attempts.map(({ provider }) => provider),
      [provider, ProviderName.make("gemini")]
    )
  })
})
