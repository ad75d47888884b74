import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck, Schema } from "effect"
import { advanced, AttemptStep, begun, reopened } from "../../src/domain/attemptSteps.ts"
import {
  ackOf,
  Attempt,
  AttemptEnd,
  endingOf,
  workspaceOf,
  type AttemptPhase,
  type Intent
} from "../../src/domain/Attempt.ts"
import { digest } from "../../src/domain/digest.ts"
import { Blame, DispatchFailureCode } from "../../src/domain/Blame.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { BeadsId, RunId } from "../../src/domain/Ids.ts"
import { Ack } from "../../src/domain/Ack.ts"
import { ProcessIdentity } from "../../src/domain/ProcessIdentity.ts"
import { PromptFile } from "../../src/domain/PromptFile.ts"
import { Workspace } from "../../src/domain/Workspace.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import { fakeAttempt } from "../../src/testing/fakeAttempts.ts"

const beads = BeadsId.make("bd-1")
const run = RunId.make("20261122T030000Z-4f2a91")
const intent: Intent = {
  actor: Actor.make(`nightly-dispatch/vm-1/${run}/1`),
  run,
  beads,
  number: 1,
  digest: digest("broken"),
  repository: { name: "app", path: "/src/app" }
}

const provider = FastCheck.constantFrom("opencode", "cc-glm").map((name) => ProviderName.make(name))
const ending = {
  end: FastCheck.constantFrom(...AttemptEnd.literals),
  blame: FastCheck.constantFrom(...Blame.literals, undefined),
  code: FastCheck.constantFrom(...DispatchFailureCode.literals, undefined),
  detail: FastCheck.string()
} as const
const anyStep: FastCheck.Arbitrary<AttemptStep> = FastCheck.oneof(
  FastCheck.constant({ _tag: "Claimed" } as const),
  FastCheck.boolean().map(
    (reused) => ({ _tag: "WorkspaceMade", workspace: new Workspace({ path: "/w", reused }) }) as const
  ),
  FastCheck.constant({ _tag: "Prompted", prompt: new PromptFile({ beads, path: "/p" }) } as const),
  provider.map((name) => ({ _tag: "Starting", provider: name, previousRun: "r0" }) as const),
  FastCheck.integer({ min: 2, max: 9 }).map(
    (pid) => ({ _tag: "Launching", starter: ProcessIdentity.make({ pid, startedAt: "17", boot: "b" }) }) as const
  ),
  FastCheck.tuple(provider, FastCheck.constantFrom("r1", undefined)).map(
    ([name, runInstance]) =>
      ({ _tag: "Acknowledged", ack: Ack.make({ beads, provider: name, runInstance, how: "started" }) }) as const
  ),
  FastCheck.record({ _tag: FastCheck.constant("Ending" as const), ...ending }),
  FastCheck.record({
    _tag: FastCheck.constant("Settled" as const),
    ...ending,
    review: FastCheck.constantFrom("label" as const, "journal" as const, undefined)
  })
)
const anySteps = FastCheck.array(anyStep, { maxLength: 16, size: "max" })

/** Takes these steps from the first phase on, and leaves out the ones that are refused. */
const walk = (steps: ReadonlyArray<AttemptStep>) => {
  const taken: Array<{ readonly before: Attempt; readonly step: AttemptStep; readonly after: Attempt }> = []
  let attempt = begun(intent, { at: 0 })
  for (const [index, step] of steps.entries()) {
    const next = advanced(attempt, step, { at: index + 1 })
    if (Either.isLeft(next)) continue
    taken.push({ before: attempt, step, after: next.right })
    attempt = next.right
  }
  return { taken, last: attempt }
}

const ORDER: ReadonlyArray<AttemptPhase> = [
  "intended",
  "claimed",
  "workspace",
  "prompt",
  "starting",
  "acknowledged",
  "verifying",
  "ending",
  "settled"
]
const rank = (phase: AttemptPhase) => ORDER.indexOf(phase)
const promptOf = (attempt: Attempt) => ("prompt" in attempt ? attempt.prompt : undefined)
const codec = Schema.parseJson(Attempt)

describe("an attempt", () => {
  it("has the phases of ORDER, in this order", () => {
    assert.deepStrictEqual(
      Attempt.members.map(({ fields }) => fields.phase.literals[0]),
      [...ORDER]
    )
  })

  it("never goes back a phase, and stays in one only to start again or to be acknowledged again", () => {
    FastCheck.assert(
      FastCheck.property(anySteps, (steps) => {
        for (const { after, before, step } of walk(steps).taken) {
          const mayRepeat = ["Starting", "Launching", "Acknowledged", "PassedCheck", "Checking"].includes(step._tag)
          assert.isAtLeast(rank(after.phase), rank(before.phase) + (mayRepeat ? 0 : 1), step._tag)
        }
      })
    )
  })

  it("is settled at most once, and takes no step after that", () => {
    FastCheck.assert(
      FastCheck.property(anySteps, (steps) => {
        const { last, taken } = walk(steps)
        const ends = taken.filter(({ after }) => after.phase === "settled")
        assert.isAtMost(ends.length, 1)
        if (ends.length === 1) assert.strictEqual(ends[0]?.after, last)
        assert.strictEqual(endingOf(last) !== undefined, rank(last.phase) >= rank("ending"))
        const endings = taken.flatMap(({ after }) => endingOf(after)?.end ?? [])
        assert.isAtMost(new Set(endings).size, 1, "an attempt has one end")
      })
    )
  })

  it("keeps its identity and creation time, and each step adds only its own fields", () => {
    FastCheck.assert(
      FastCheck.property(anySteps, (steps) => {
        for (const { after, before, step } of walk(steps).taken) {
          const { _tag, ...added } = step
          const { phase: _phaseAfter, updatedAt: _updatedAt, ...fieldsAfter } = after
          const { phase: _phaseBefore, updatedAt, ...fieldsBefore } = before
          // The process of an earlier start is not the one of this start.
          const removed = step._tag === "Starting" ? { starter: undefined } : {}
          assert.deepStrictEqual({ ...fieldsAfter }, { ...fieldsBefore, ...added, ...removed })
          assert.isAbove(after.updatedAt, updatedAt)
        }
      })
    )
  })

  it("names the refused step and the phase it cannot follow", () => {
    const settled = walk([{ _tag: "Settled", end: "lost", detail: "gone" }]).last
    assert.deepStrictEqual(
      advanced(settled, { _tag: "Claimed" }, { at: 9 }),
      Either.left("Claimed cannot follow settled"),
      "and does not throw"
    )
  })

  it("stays the same through JSON at every step", () => {
    FastCheck.assert(
      FastCheck.property(anySteps, (steps) => {
        const { last } = walk(steps)
        const text = Schema.encodeSync(codec)(last)
        assert.strictEqual(Schema.encodeSync(codec)(Schema.decodeSync(codec)(text)), text)
        assert.include(ORDER, Schema.decodeSync(codec)(text).phase)
      })
    )
    FastCheck.assert(
      FastCheck.property(anyStep, (step) => {
        const steps = Schema.parseJson(AttemptStep)
        assert.strictEqual(Schema.decodeSync(steps)(Schema.encodeSync(steps)(step))._tag, step._tag)
      })
    )
  })

  it("is equal after encoding and decoding", () => {
    const attempt = fakeAttempt("acknowledged", {
      ...intent,
      workspace: Workspace.make({ path: "/x", reused: false, base: "a".repeat(40) })
    })
    const text = Schema.encodeSync(codec)(attempt)
    assert.deepStrictEqual(Schema.decodeSync(codec)(text), attempt)
  })

  it("decodes journal rows of the version before", () => {
    const start = { ...intent, createdAt: 1, updatedAt: 2 }
    const workspace = { path: "/w", branch: "fix/bd-1", base: "abc", reused: false }
    const prompt = { beads: "bd-1", path: "/tmp/x/bd-1.prompt" }
    const ack = { beads: "bd-1", provider: "opencode", pid: 7, runInstance: "run-1", how: "started" }
    const ending = { end: "failed", code: "runner_error", blame: "issue", detail: "the job failed" }
    const rows = [
      { ...start, phase: "intended" },
      { ...start, phase: "intended", workspace, prompt, provider: "opencode" },
      { ...start, phase: "claimed" },
      { ...start, phase: "workspace", workspace },
      { ...start, phase: "prompt", workspace, prompt },
      { ...start, phase: "starting", workspace, prompt, provider: "opencode" },
      { ...start, phase: "acknowledged", workspace, prompt, provider: "opencode", previousRun: "run-0", ack },
      { ...start, phase: "acknowledged", ack: { ...ack, how: "adopted" } },
      { ...start, phase: "ending", workspace, ...ending },
      { ...start, phase: "settled", workspace, prompt, provider: "opencode", ack, ...ending, probe: true },
      { ...start, phase: "settled", end: "succeeded", detail: "it went well", review: "label" }
    ]
    for (const row of rows)
      assert.deepStrictEqual(
        JSON.parse(Schema.encodeSync(codec)(Schema.decodeUnknownSync(codec)(JSON.stringify(row)))),
        row
      )
  })

  it("loses its ending when it is reopened; only a settled attempt can be reopened", () => {
    FastCheck.assert(
      FastCheck.property(anySteps, (steps) => {
        const { last } = walk(steps)
        const reopening = reopened(last, { at: 99 })
        assert.strictEqual(Either.isRight(reopening), last.phase === "settled")
        if (Either.isLeft(reopening)) return
        const { phase, updatedAt } = reopening.right
        for (const cleared of ["blame", "code", "detail", "end", "review"]) assert.notProperty(reopening.right, cleared)
        assert.strictEqual(updatedAt, 99)
        assert.strictEqual(phase, ackOf(last) === undefined ? "intended" : "acknowledged")
        assert.deepStrictEqual(
          [workspaceOf(reopening.right), promptOf(reopening.right), ackOf(reopening.right)],
          [workspaceOf(last), promptOf(last), ackOf(last)],
          "workspace, prompt and acknowledgement stay"
        )
      })
    )
  })
})
