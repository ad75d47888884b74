import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, FastCheck, Schema } from "effect"
import { LogEvent, lineOf } from "../../src/domain/eventLine.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { BeadsId } from "../../src/domain/Ids.ts"
import type { JobEnd } from "../../src/domain/JobEnd.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import { Failed, Outcome } from "../../src/domain/Outcome.ts"
import { codePoint } from "../codePoint.ts"

describe("LogEvent", () => {
  it("bd-XXXX.3.3 is one line with its keys in order, for any error text", () => {
    const line =
      /^❌ DISPATCH_FAILURE beads=\S+ provider=(?:\S+) code=[a-z_]+ error=(?:"(?:[^"\\\n]|\\.)*"|[^\s"=]+) duration_ms=-?\d+$/u
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: codePoint }), (error) => {
        const failed = new Failed({
          beads: BeadsId.make("bd-1"),
          code: "timeout",
          blame: "runner",
          error,
          durationMs: 12,
          passedOver: []
        })
        assert.match(String(lineOf(failed)), line)
      })
    )
  })

  const job: JobEnd = {
    actor: Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91c7d0/1"),
    beads: BeadsId.make("bd-1"),
    provider: ProviderName.make("opencode"),
    end: "succeeded",
    detail: "the job ended well",
    branch: "nightly-dispatch/bd-1",
    commits: 2,
    log: "/jobs/bd-1/log",
    durationMs: 12.4
  }

  it("tells how a job ended, and whose fault it was as far as that is decided", () => {
    const failed: JobEnd = { ...job, end: "failed", blame: "provider", detail: "quota is used up" }
    assert.deepStrictEqual(
      [
        job,
        { ...job, branch: undefined, commits: undefined },
        failed,
        { ...failed, end: "no_op", blame: "undecided", log: undefined } satisfies JobEnd,
        { ...failed, end: "stopped", blame: undefined } satisfies JobEnd
      ].map((end) => String(lineOf({ _tag: "JobEnded", job: end }))),
      [
        "✅ JOB_SUCCEEDED beads=bd-1 provider=opencode branch=nightly-dispatch/bd-1 commits=2 verified=none duration_ms=12",
        "✅ JOB_SUCCEEDED beads=bd-1 provider=opencode branch=none commits=unknown verified=none duration_ms=12",
        '❌ JOB_FAILED beads=bd-1 provider=opencode end=failed blame=provider error="quota is used up" log=/jobs/bd-1/log duration_ms=12',
        '❌ JOB_FAILED beads=bd-1 provider=opencode end=no_op blame=undecided error="quota is used up" log=none duration_ms=12',
        '❌ JOB_FAILED beads=bd-1 provider=opencode end=stopped blame=undecided error="quota is used up" log=/jobs/bd-1/log duration_ms=12'
      ]
    )
  })

  it("quotes a value with a space, and no value that needs no quotes", () => {
    assert.strictEqual(
      new LogEvent("⚠️", "PROVIDER_FALLBACK", [
        ["from", "opencode"],
        ["to", "cc-glm"],
        ["reason", 'a "b"\n c']
      ]).toString(),
      '⚠️ PROVIDER_FALLBACK from=opencode to=cc-glm reason="a \\"b\\" c"'
    )
  })
})

describe("outcomes", () => {
  it("keep their tag through JSON", () => {
    const codec = Schema.parseJson(Outcome)
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(Outcome), (outcome) => {
        assert.strictEqual(Schema.decodeSync(codec)(Schema.encodeSync(codec)(outcome))._tag, outcome._tag)
      })
    )
  })
})
