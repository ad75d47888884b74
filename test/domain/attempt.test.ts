import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck, Schema } from "effect"
import { vi } from "vitest"
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
import { PromptFile } from "../../src/domain/PromptFile.ts"
import { Workspace } from "../../src/domain/Workspace.ts"
import { ProviderName } from "../../src/domain/Provider.ts"

// Time for a busy machine.
vi.setConfig({ testTimeout: 20_000 })

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
  probe: FastCheck.constantFrom(true as const, undefined),
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

/** Every attempt on the way, each with the step that led to it; a step that is refused leads nowhere. */
const walk = (steps: ReadonlyArray<AttemptStep>) => {
  const way: Array<{ readonly before: Attempt; readonly step: AttemptStep; readonly after: Attempt }> = []
  let now = begun(intent, 0)
  for (const [index, step] of steps.entries()) {
    const next = advanced(now, step, index + 1)
    if (Either.isLeft(next)) continue
    way.push({ before: now, step, after: next.right })
    now = next.right
  }
  return { way, last: now }
}

const ORDER: ReadonlyArray<AttemptPhase> = [
  "intended",
  "claimed",
  "workspace",
  "prompt",
  "starting",
  "acknowledged",
  "ending",
  "settled"
]
const rank = (phase: AttemptPhase) => ORDER.indexOf(phase)
const promptOf = (attempt: Attempt) => ("prompt" in attempt ? attempt.prompt : undefined)
const codec = Schema.parseJson(Attempt)

describe("an attempt", () => {
  it("has the phases that these tests know of, in this order", () => {
    assert.deepStrictEqual(
      Attempt.members.map(({ fields }) => fields.phase.literals[0]),
      [...ORDER]
    )
  })

  it("never goes back, and stays only to try the next provider or to hear of its job again", () => {
    FastCheck.assert(
      FastCheck.property(anySteps, (steps) => {
        for (const { after, before, step } of walk(steps).way) {
          const again = step._tag === "Starting" || step._tag === "Acknowledged"
          assert.isAtLeast(rank(after.phase), rank(before.phase) + (again ? 0 : 1), step._tag)
        }
      })
    )
  })

  it("has at most one end, and nothing follows it", () => {
    FastCheck.assert(
      FastCheck.property(anySteps, (steps) => {
        const { last, way } = walk(steps)
        const ends = way.filter(({ after }) => after.phase === "settled")
        assert.isAtMost(ends.length, 1)
        if (ends.length === 1) assert.strictEqual(ends[0]?.after, last)
        assert.strictEqual(endingOf(last) !== undefined, rank(last.phase) >= rank("ending"))
        const endings = way.flatMap(({ after }) => endingOf(after)?.end ?? [])
        assert.isAtMost(new Set(endings).size, 1, "an attempt has one end")
      })
    )
  })

  it("keeps who it is and when it began, and grows only by what a step tells", () => {
    FastCheck.assert(
      FastCheck.property(anySteps, (steps) => {
        for (const { after, before, step } of walk(steps).way) {
          const { _tag, ...told } = step
          const { phase: _phase, updatedAt: _updatedAt, ...rest } = after
          const { phase: _before, updatedAt, ...were } = before
          assert.deepStrictEqual({ ...rest }, { ...were, ...told })
          assert.isAbove(after.updatedAt, updatedAt)
        }
      })
    )
  })

  it("says of a step that it refuses what it was and when", () => {
    const settled = walk([{ _tag: "Settled", end: "lost", detail: "gone" }]).last
    assert.deepStrictEqual(
      advanced(settled, { _tag: "Claimed" }, 9),
      Either.left("Claimed cannot follow settled"),
      "and does not throw"
    )
  })

  it("survives JSON at every step", () => {
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

  it("decodes rows of the journal as the version before wrote them", () => {
    const row = { ...intent, createdAt: 1, updatedAt: 2 }
    const workspace = { path: "/w", branch: "fix/bd-1", base: "abc", reused: false }
    const prompt = { beads: "bd-1", path: "/tmp/x/bd-1.prompt" }
    const ack = { beads: "bd-1", provider: "opencode", pid: 7, runInstance: "run-1", how: "started" }
    const ending = { end: "failed", code: "runner_error", blame: "issue", detail: "the job failed" }
    const rows = [
      { ...row, phase: "intended" },
      { ...row, phase: "intended", workspace, prompt, provider: "opencode" },
      { ...row, phase: "claimed" },
      { ...row, phase: "workspace", workspace },
      { ...row, phase: "prompt", workspace, prompt },
      { ...row, phase: "starting", workspace, prompt, provider: "opencode" },
      { ...row, phase: "acknowledged", workspace, prompt, provider: "opencode", previousRun: "run-0", ack },
      { ...row, phase: "acknowledged", ack: { ...ack, how: "adopted" } },
      { ...row, phase: "ending", workspace, ...ending },
      { ...row, phase: "settled", workspace, prompt, provider: "opencode", ack, ...ending, probe: true },
      { ...row, phase: "settled", end: "succeeded", detail: "it went well", review: "label" }
    ]
    for (const old of rows)
      assert.deepStrictEqual(
        JSON.parse(Schema.encodeSync(codec)(Schema.decodeUnknownSync(codec)(JSON.stringify(old)))),
        old
      )
  })

  it("opened again is as if it had never ended; one that has not ended is not opened", () => {
    FastCheck.assert(
      FastCheck.property(anySteps, (steps) => {
        const { last } = walk(steps)
        const again = reopened(last, 99)
        assert.strictEqual(Either.isRight(again), last.phase === "settled")
        if (Either.isLeft(again)) return
        const { phase, updatedAt } = again.right
        for (const cleared of ["blame", "code", "detail", "end", "probe", "review"])
          assert.notProperty(again.right, cleared)
        assert.strictEqual(updatedAt, 99)
        assert.strictEqual(phase, ackOf(last) === undefined ? "intended" : "acknowledged")
        assert.deepStrictEqual(
          [workspaceOf(again.right), promptOf(again.right), ackOf(again.right)],
          [workspaceOf(last), promptOf(last), ackOf(last)],
          "what there is to look after stays"
        )
      })
    )
  })
})

describe("digest", () => {
  it("is the same every night: values that may never change", () => {
    assert.deepStrictEqual(["", "a", "foobar", "Error: boom\n    at a (a.js:1:1)", "🐛"].map(digest), [
      "cbf29ce484222325",
      "af63dc4c8601ec8c",
      "85944171f73967e8",
      "fa4e15124bd43c6f",
      "e5e2650a24183589"
    ])
  })

  it("tells small texts apart", () => {
    const texts = new Set<string>()
    for (let n = 0; n < 2_500; n++) {
      texts
        .add(String(n))
        .add(`line ${n} of a.js`)
        .add(" ".repeat(n % 50) + String.fromCodePoint(32 + n))
      texts.add(`${n % 7}${"ab".repeat(n % 40)}${n}`)
    }
    assert.isAtLeast(texts.size, 9_900)
    assert.strictEqual(new Set(Array.from(texts, digest)).size, texts.size)
  })

  it("tells a text from the same one with one character changed, added or swapped", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ unit: "binary", minLength: 1, maxLength: 60 }),
        FastCheck.nat(),
        (text, n) => {
          const at = n % text.length
          const cut = text.slice(0, at) + text.slice(at + 1)
          const changed = `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ 1)}${text.slice(at + 1)}`
          assert.strictEqual(new Set([text, cut, changed, `${text} `, ` ${text}`].map(digest)).size, 5)
          assert.match(digest(text), /^[0-9a-f]{16}$/)
        }
      ),
      { numRuns: 40 }
    )
  })
})
