import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Schema } from "effect"
import { ACTOR_PREFIX, Actor, actorByHand, actorOf, hostOf, parseActor } from "../../src/domain/Actor.ts"
import { Mark } from "../../src/domain/Identity.ts"
import { RunId, runIdOf } from "../../src/domain/Ids.ts"
import { MARK } from "../contract/support.ts"
import { codePoint } from "../codePoint.ts"

const hex = (length: number) =>
  FastCheck.array(FastCheck.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length }).map((all) =>
    all.join("")
  )
const anyHost = FastCheck.oneof(
  FastCheck.string({ unit: codePoint, maxLength: 100 }),
  FastCheck.constantFrom(
    "",
    "vm-1",
    "vm-1.example.org",
    "日本",
    "a/b",
    "..",
    "-x",
    "nightly-dispatch/vm/1",
    "h".repeat(300)
  )
)
/** Whole seconds of the years 1970 to 9999. */
const anySecond = FastCheck.integer({ min: 0, max: 253_402_300_799 })
const anyRun = FastCheck.record({
  at: anySecond.map((second) => second * 1_000),
  random: FastCheck.nat({ max: 2 ** 40 - 1 })
})
const anyAttempt = FastCheck.oneof(
  FastCheck.integer({ min: 1, max: 20 }),
  FastCheck.integer({ min: 1, max: 999_999_999 })
)

const RUN = "20261122T030000Z-4f2a91c7d0"

describe("runIdOf", () => {
  it("is made of the start time and a random number", () => {
    assert.strictEqual(runIdOf(Date.UTC(2026, 10, 22, 3), 0x4f2a91c7d0), RUN)
    assert.strictEqual(runIdOf(Date.UTC(2026, 10, 22, 3) + 999, 7), "20261122T030000Z-0000000007")
  })

  it("is a valid run id and sorts by time, for every time and number", () => {
    FastCheck.assert(
      FastCheck.property(anyRun, anyRun, (first, second) => {
        const [a, b] = [first, second].map(({ at, random }) => runIdOf(at, random))
        assert.isTrue(Schema.is(RunId)(a))
        if (first.at < second.at) assert.isTrue(a! < b!)
      })
    )
  })
})

describe("actorOf", () => {
  it("is made of mark, host, run and attempt, and is a valid actor for any host name", () => {
    const run = RunId.make("20261122T030000Z-4f2a91")
    assert.strictEqual(
      actorOf({ mark: MARK, host: "vm-1", run, attempt: 2 }),
      `nightly-dispatch/${MARK}/vm-1/20261122T030000Z-4f2a91/2`
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: codePoint }), (host) =>
        Schema.is(Actor)(actorOf({ mark: MARK, host, run, attempt: 1 }))
      )
    )
  })
})

describe("bd 1.3, which takes different actors for one holder if only their separators differ", () => {
  /** An exact `--` is a `/`, and each run of `.`, `_` and `-` is one separator. */
  const asBdCompares = (actor: string): string => actor.replace(/(?<![._-])--(?![._-])/g, "/").replace(/[._-]+/g, "-")

  it("compares as described", () => {
    assert.strictEqual(asBdCompares("nd.1"), asBdCompares("nd__1"))
    assert.strictEqual(asBdCompares("a--b"), asBdCompares("a/b"))
    assert.notStrictEqual(asBdCompares("a1"), asBdCompares("a-1"))
  })

  // Few values, so that attempts share all parts but one. Hosts may imitate the parts around them.
  const anyActor = FastCheck.record({
    mark: FastCheck.constantFrom(MARK, Mark.make("1".repeat(32)), undefined),
    host: FastCheck.oneof(
      FastCheck.array(FastCheck.constantFrom("a", "1", ".", "-", "--", "/", MARK, RUN), { maxLength: 6 }).map((parts) =>
        parts.join("")
      ),
      anyHost
    ),
    run: FastCheck.constantFrom(
      RunId.make(RUN),
      RunId.make("20261122T030000Z-4f2a91c7d1"),
      RunId.make(RUN.slice(0, -1))
    ),
    attempt: FastCheck.integer({ min: 1, max: 3 })
  }).map(({ mark, ...attempt }) => ({
    attempt: `${mark} ${attempt.run} ${mark === undefined ? 0 : attempt.attempt}`,
    actor: mark === undefined ? actorByHand(attempt) : actorOf({ mark, ...attempt })
  }))

  it("never does so with two attempts of ours, whatever the hosts are called", () => {
    FastCheck.assert(
      FastCheck.property(anyActor, anyActor, (one, other) => {
        if (one.attempt === other.attempt) return
        assert.notStrictEqual(asBdCompares(one.actor), asBdCompares(other.actor))
      }),
      { numRuns: 2_000 }
    )
  })
})

describe("hostOf", () => {
  it("any host name becomes one valid part of an actor, and a valid one stays the same", () => {
    FastCheck.assert(
      FastCheck.property(anyHost, (name) => {
        assert.match(hostOf(name), /^[A-Za-z0-9.-]{1,64}$/)
        assert.strictEqual(hostOf(hostOf(name)), hostOf(name))
      })
    )
    assert.deepStrictEqual(["vm-1.example.org", "my host", "", "a/b_c"].map(hostOf), [
      "vm-1.example.org",
      "my-host",
      "host",
      "a-b-c"
    ])
  })
})

describe("parseActor", () => {
  it("parses what actorOf made, for every host, run and attempt", () => {
    FastCheck.assert(
      FastCheck.property(anyHost, anyRun, anyAttempt, (host, { at, random }, attempt) => {
        const run = runIdOf(at, random)
        const actor = actorOf({ mark: MARK, host, run, attempt })
        assert.isTrue(Schema.is(Actor)(actor))
        assert.deepStrictEqual(parseActor(actor), {
          actor,
          host: hostOf(host),
          run,
          attempt,
          startedAt: at,
          mark: MARK
        })
      }),
      { numRuns: 500 }
    )
  })

  it("is undefined for a text that is not a dispatcher's actor", () => {
    for (const text of [
      "",
      "Recovery Agent",
      ACTOR_PREFIX,
      `nightly-dispatch/vm-1/${RUN}`,
      `nightly-dispatch/vm-1/${RUN}/`,
      `nightly-dispatch/vm-1/${RUN}/0`,
      `nightly-dispatch/vm-1/${RUN}/00`,
      `nightly-dispatch/vm-1/${RUN}/01`,
      `nightly-dispatch/vm-1/${RUN}/-1`,
      `nightly-dispatch/vm-1/${RUN}/1.5`,
      `nightly-dispatch/vm-1/${RUN}/1e3`,
      `nightly-dispatch/vm-1/${RUN}/1234567890`,
      `nightly-dispatch/vm-1/${RUN}/1/2`,
      `nightly-dispatch/vm-1/${RUN}/1\n`,
      `nightly-dispatch/vm-1/${RUN}/1 `,
      ` nightly-dispatch/vm-1/${RUN}/1`,
      `Nightly-Dispatch/vm-1/${RUN}/1`,
      `nightly-dispatch//${RUN}/1`,
      `nightly-dispatch/a/b/${RUN}/1`,
      `nightly-dispatch/${MARK.slice(1)}/vm-1/${RUN}/1`,
      `nightly-dispatch/${MARK.toUpperCase()}/vm-1/${RUN}/1`,
      `nightly-dispatch/${MARK}/${RUN}/1/1`,
      actorByHand({ host: "vm-1", run: RunId.make(RUN) }),
      `nightly-dispatch/vm 1/${RUN}/1`,
      `nightly-dispatch/${"h".repeat(65)}/${RUN}/1`,
      "nightly-dispatch/vm-1/20261122T030000Z-4f2a9/1",
      "nightly-dispatch/vm-1/20261122T030000Z-4F2A91/1",
      "nightly-dispatch/vm-1/20261122T030000Z-4f2a91c7d0123/1",
      "nightly-dispatch/vm-1/20269999T030000Z-4f2a91/1",
      "nightly-dispatch/vm-1/20261122T996000Z-4f2a91/1"
    ])
      assert.isUndefined(parseActor(text), JSON.stringify(text))
    assert.isUndefined(parseActor(`nightly-dispatch/vm-1/${RUN}/1`)?.mark, "an actor of an earlier version")
    assert.strictEqual(parseActor(`nightly-dispatch/vm-1/${RUN}/1`)?.host, "vm-1")
  })

  it("never throws, and its parts together are the text", () => {
    const near = FastCheck.tuple(
      FastCheck.constantFrom("nightly-dispatch/", "nightly-dispatch", "other/"),
      FastCheck.string({ maxLength: 5 }),
      FastCheck.constantFrom("/", ""),
      FastCheck.tuple(FastCheck.array(FastCheck.nat(9), { minLength: 14, maxLength: 14 }), hex(8)).map(
        ([digits, rest]) => `${digits.slice(0, 8).join("")}T${digits.slice(8).join("")}Z-${rest}`
      ),
      FastCheck.constantFrom("/1", "/0", "/", "/9/9")
    ).map((parts) => parts.join(""))
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(FastCheck.string({ unit: codePoint }), near), (text) => {
        const parsed = parseActor(text)
        if (parsed === undefined) return
        const mark = parsed.mark === undefined ? "" : `${parsed.mark}/`
        assert.strictEqual(`${ACTOR_PREFIX}${mark}${parsed.host}/${parsed.run}/${parsed.attempt}`, text)
        assert.isAtLeast(parsed.attempt, 1)
        assert.isTrue(Number.isFinite(parsed.startedAt))
        assert.isTrue(parsed.run.startsWith(`${String(new Date(parsed.startedAt).getUTCFullYear()).padStart(4, "0")}`))
      }),
      { numRuns: 1_000 }
    )
  })
})
